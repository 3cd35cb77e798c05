import type { ModelDelta } from "@gateway/engine";
import { internal, newId } from "@gateway/protocol";
import type { ToolCallFragment } from "./chat-chunk.ts";

interface Call {
  readonly key: number;
  readonly index: unknown;
  /** The backend's own id, as far as it has sent one. */
  givenId: string;
  name: string;
  text: string;
  /** True once the call was passed on: its id and name are then fixed. */
  begun: boolean;
}

/** Longest id of a call that is kept; clients store ids in columns of this size. */
const longestId = 64;

/**
 * Puts tool calls together from fragments, however a backend numbers them: by index, without one, with ids that
 * come late, repeat in every fragment, are empty or are those of another call. A call is passed on with its
 * first piece of arguments, or when something else follows: until then its name may still grow.
 */
export class CallTracker {
  readonly #calls: Call[] = [];
  readonly #knownIds: () => Iterable<string>;
  #taken: Set<string> | undefined;

  /** `knownIds` gives the ids of calls in the context, which must not come back; asked at the first call. */
  constructor(knownIds: () => Iterable<string>) {
    this.#knownIds = knownIds;
  }

  /** True when there was a call. */
  get any(): boolean {
    return this.#calls.length > 0;
  }

  /** Takes the next fragment and adds what it makes certain to `out`. */
  push(fragment: ToolCallFragment, out: ModelDelta[]): void {
    const name = textOf(fragment.function?.name);
    const id = textOf(fragment.id);
    const text = argumentsOf(fragment.function?.arguments);
    const call = this.#find(fragment.index, id, name, text) ?? this.#add(fragment.index, out);
    if (isRepeat(call, id, name, text)) return;
    if (call.givenId === "") call.givenId = id;
    if (!call.begun) call.name = mergeNames(call.name, name);
    call.text += text;
    if (text === "") return;
    if (call.begun) out.push({ kind: "arguments", key: call.key, text });
    else if (call.name !== "") this.#begin(call, out);
  }

  /** Passes on what still waits for more. Throws `upstream_garbage` for a call that has no name. */
  flush(out: ModelDelta[]): void {
    const last = this.#calls.at(-1);
    if (last === undefined || last.begun) return;
    if (last.name === "") {
      throw internal("The model server sent a tool call without a name.", { code: "upstream_garbage" });
    }
    this.#begin(last, out);
  }

  #add(index: unknown, out: ModelDelta[]): Call {
    this.flush(out);
    const call: Call = { key: this.#calls.length, index, givenId: "", name: "", text: "", begun: false };
    this.#calls.push(call);
    return call;
  }

  #begin(call: Call, out: ModelDelta[]): void {
    call.begun = true;
    out.push({ kind: "call", key: call.key, callId: this.#toCallId(call.givenId), name: call.name });
    if (call.text !== "") out.push({ kind: "arguments", key: call.key, text: call.text });
  }

  /** The backend's id where it is usable and no other call has it, so that ids it puts a meaning in survive. */
  #toCallId(given: string): string {
    this.#taken ??= new Set(this.#knownIds());
    const usable = given !== "" && given.length <= longestId && !this.#taken.has(given);
    const id = usable ? given : newId("call");
    this.#taken.add(id);
    return id;
  }

  /** The call a fragment continues, or undefined when it begins one. */
  #find(index: unknown, id: string, name: string, text: string): Call | undefined {
    const call =
      typeof index === "number"
        ? this.#calls.findLast((candidate) => candidate.index === index)
        : (this.#calls.findLast(({ givenId }) => id !== "" && givenId === id) ?? this.#calls.at(-1));
    if (call === undefined) return undefined;
    if (typeof index !== "number" && id !== "" && name !== "" && call.givenId !== "" && call.givenId !== id) {
      return undefined;
    }
    return beginsAnother(call, id, name, text) ? undefined : call;
  }
}

/** True for a fragment that has the place of a call but cannot belong to it. */
function beginsAnother(call: Call, id: string, name: string, text: string): boolean {
  if (name === "" || call.name === "") return false;
  if (isRepeat(call, id, name, text)) return false;
  const otherId = id !== "" && call.givenId !== "" && id !== call.givenId;
  if (call.text === "") return otherId && name !== call.name;
  return isWhole(call);
}

/** True for a fragment that says again what is known: some servers close with the whole call once more. */
function isRepeat(call: Call, id: string, name: string, text: string): boolean {
  if (name !== call.name || (id !== "" && id !== call.givenId) || !isWhole(call)) return false;
  return text === "" || (id !== "" && text === call.text);
}

function isWhole(call: Call): boolean {
  if (call.text === "") return false;
  try {
    JSON.parse(call.text);
    return true;
  } catch {
    return false;
  }
}

/** A name may come again, come again longer, or come in pieces. */
function mergeNames(known: string, next: string): string {
  if (next === "" || next === known) return known;
  return next.startsWith(known) ? next : known + next;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Arguments are JSON text; a few servers send the object itself. */
function argumentsOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : "";
}
