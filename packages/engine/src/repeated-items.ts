import type { Item } from "@gateway/protocol";
import { answerOf, callOf } from "./call-ids.ts";
import { isSameCall, isSameOutput, wordsOf } from "./says-the-same.ts";

/** A call that has its output. */
interface Exchange {
  call: Item;
  output: Item;
}

/**
 * Finds what a client sends again although the history has it: some send their whole list of items with
 * `previous_response_id`, or all outputs of a run with each step in a conversation, without ids to tell them by. So what
 * counts is what they say:
 *
 * - a call that asks for the same as one of that id in the history, which waits for its output or has it and is followed
 *   by the same again;
 * - an output that says the same as the one that its call has;
 * - before one of these a message or a thought in the words of one in the history: it cannot be new, since what came after it
 *   is not. The same where an output answers a call of the history and the last question before it is that of the history:
 *   it was asked before the call was made.
 */
export class RepeatedItems {
  /** The calls of the history that wait for their outputs, by call_id. */
  readonly open: ReadonlyMap<string, Item>;
  readonly #history: readonly Item[];
  readonly #input: readonly Item[];
  readonly #covered: readonly Item[];
  /** Those of the history that have their outputs, the last of each call_id. */
  readonly #closed = new Map<string, Exchange>();
  /** The last output of each call_id, of history and input. */
  readonly #outputs = new Map<string, Item>();
  readonly #repeated = new Set<Item>();
  /** The last output of the input that answers a call of the history. */
  #answer: Item | undefined;
  #following: ReadonlyMap<Item, Item> | undefined;
  #coveredOutputs: ReadonlyMap<string, Item> | undefined;

  /** `history` and `input` are fit to be paired; `covered` is of the history, and a compaction stands for it. */
  constructor(history: readonly Item[], input: readonly Item[], covered: readonly Item[]) {
    this.#history = history;
    this.#input = input;
    this.#covered = covered;
    const open = new Map<string, Item>();
    for (const item of history) {
      const calls = callOf(item);
      if (calls !== undefined) open.set(calls, item);
      const answers = answerOf(item);
      const call = answers === undefined ? undefined : open.get(answers);
      if (answers === undefined || call === undefined) continue;
      open.delete(answers);
      this.#closed.set(answers, { call, output: item });
      this.#outputs.set(answers, item);
    }
    this.open = open;
  }

  /** True for a call of the input that the history has. `waiting` is the call of its id that is open at its place. */
  takesCall(item: Item, callId: string, waiting: Item | undefined): boolean {
    if (waiting !== undefined) return this.open.get(callId) === waiting && this.#take(item, waiting);
    const closed = this.#closed.get(callId);
    // An exchange of the input's own has taken its id since.
    if (closed === undefined || this.#outputs.get(callId) !== closed.output) return false;
    this.#following ??= followingOutputs(this.#input);
    const next = this.#following.get(item);
    return next !== undefined && isSameOutput(next, closed.output) && this.#take(item, closed.call);
  }

  /** Notes an output of the input that answers a call. */
  noteOutput(item: Item, callId: string, call: Item): void {
    this.#outputs.set(callId, item);
    if (this.open.get(callId) === call) this.#answer = item;
  }

  /** What an output of the input is for which no call waits: the `same` as its call has, another, or of no call at all. */
  takesOutput(item: Item, callId: string): "same" | "other" | "none" {
    this.#coveredOutputs ??= new Map(this.#covered.map((one) => [answerOf(one) ?? "", one]));
    const known = this.#outputs.get(callId) ?? this.#coveredOutputs.get(callId);
    if (known === undefined) return "none";
    if (!isSameOutput(known, item)) return "other";
    this.#repeated.add(item);
    return "same";
  }

  /** The ids of all that was found, once every call and output has been asked for. */
  ids(): ReadonlySet<string> {
    const last = Math.max(
      this.#repeated.size === 0 ? -1 : this.#input.findLastIndex((item) => this.#repeated.has(item)),
      this.#answersOldQuestion(),
    );
    if (last < 0) return noIds;
    const said = new Set(this.#history.map(wordsOf));
    const before = this.#input.slice(0, last).filter((item) => {
      const words = wordsOf(item);
      return words !== undefined && said.has(words);
    });
    return new Set([...this.#repeated, ...before].map(({ id }) => id));
  }

  /** The place of the last output for the history, where the last question before it is the history's; or -1. */
  #answersOldQuestion(): number {
    const place = this.#answer === undefined ? -1 : this.#input.indexOf(this.#answer);
    const question = this.#input.slice(0, Math.max(0, place)).findLast(isQuestion);
    const asked = question && this.#history.findLast(isQuestion);
    return asked !== undefined && wordsOf(question as Item) === wordsOf(asked) ? place : -1;
  }

  #take(item: Item, known: Item): boolean {
    const same = isSameCall(item, known);
    if (same) this.#repeated.add(item);
    return same;
  }
}

const noIds: ReadonlySet<string> = new Set();

function isQuestion(item: Item): boolean {
  return item.type === "message" && item.role === "user";
}

/** The output that follows each call. */
function followingOutputs(items: readonly Item[]): Map<Item, Item> {
  const next = new Map<string, Item>();
  const following = new Map<Item, Item>();
  for (const item of items.toReversed()) {
    const output = next.get(callOf(item) ?? "");
    if (output !== undefined) following.set(item, output);
    const answers = answerOf(item);
    if (answers !== undefined) next.set(answers, item);
  }
  return following;
}
