import { type CallFate, toCallFate } from "./call-fate.ts";
import type { GatedCall } from "./gated-call.ts";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { toRefusal } from "./refusal.ts";
import { mustCall, type ToolPolicy } from "./tool-policy.ts";
import { otherNamesOf } from "./tools/other-names.ts";

/**
 * Holds one turn's deltas to the tool policy, since Ollama and llama.cpp do not: calls of tools that are not on offer are
 * refused, and every call after the first is dropped where parallel calls are off. A tool that is called by another name
 * which can mean nothing else is called by its own. Where a call is
 * compulsory, text is held back until it comes; a turn that brings none can then be asked again without the
 * caller having seen anything of it but its reasoning. Calls whose arguments have to be checked are held back too, with
 * all that follows them: see {@link checked} and {@link release}. Calls of tools that run here are collected in
 * {@link diverted}; passed on as well are those that are told of while they are written, and released those that are
 * kept until the turn is known to be good.
 */
export class ToolGate {
  readonly #policy: ToolPolicy;
  /** How many more calls of tools that run here are sure to be carried out. */
  #room: number;
  /** Other names of the tools, once one is asked for. */
  #otherNames: ReadonlyMap<string, string> | undefined;
  #hasCalls = false;
  #said = false;
  readonly #calls = new Map<number, GatedCall>();
  /** What has to come before the held deltas go on: a compulsory call, or the check of one. */
  #awaited: "call" | "check" | undefined;
  #held: ModelDelta[] = [];
  /** Names of calls that were dropped or refused, for the log. */
  readonly dropped: string[] = [];
  /** Why the model stopped, once it has. */
  finish: FinishReason | undefined;

  /** `room` is how many calls of tools that run here are sure to be carried out. */
  constructor(policy: ToolPolicy, room = 0) {
    this.#policy = policy;
    this.#room = room;
    this.#awaited = mustCall(policy) ? "call" : undefined;
  }

  /** The deltas of a batch that may go on. */
  pass(deltas: readonly ModelDelta[]): readonly ModelDelta[] {
    this.#said ||= deltas.some(saysSomething);
    // This is what most batches are: one piece of text.
    if (this.#awaited === undefined && deltas.every(isProse)) return deltas;
    const passed: ModelDelta[] = [];
    for (const delta of deltas) this.#passOne(delta, passed);
    return passed;
  }

  /** The calls that are for this server, in the order the model made them. Complete once the turn has ended. */
  get diverted(): readonly GatedCall[] {
    return this.#callsThatAre("diverted", "told", "kept");
  }

  /** The calls of tools that are not on offer. Complete once the turn has ended. */
  get refused(): readonly GatedCall[] {
    return this.#callsThatAre("refused");
  }

  /** The calls that the caller has seen nothing of, in the order the model made them. Complete once the turn has ended. */
  get unseen(): readonly GatedCall[] {
    return this.#callsThatAre("checked", "behind", "diverted", "kept", "refused");
  }

  /** The calls that have to be checked before they are released. Complete once the turn has ended. */
  get checked(): readonly GatedCall[] {
    return this.#callsThatAre("checked");
  }

  /** The calls that were passed on at once because the server holds them to a grammar; they are checked all the same. */
  get trusted(): readonly GatedCall[] {
    return this.#callsThatAre("trusted");
  }

  /** The calls that wait behind one that has to be checked, and will be released with it. */
  get behind(): readonly GatedCall[] {
    return this.#callsThatAre("behind");
  }

  /** How many calls for the client have been passed on. */
  get passedCalls(): number {
    return this.#callsThatAre("passed", "trusted").length;
  }

  /** True once the turn has brought a call that may be made, of whomever. */
  get hasCalls(): boolean {
    return this.#hasCalls;
  }

  /** True once the turn has brought words, or a refusal to answer: anything but white space and thoughts. */
  get said(): boolean {
    return this.#said;
  }

  /** True when the turn brought calls that are for the client. */
  get callsClient(): boolean {
    return this.#callsThatAre("passed", "trusted", "checked", "behind").length > 0;
  }

  /** True when the turn ended without the call that was compulsory. Being cut by a limit is no refusal. */
  get unsatisfied(): boolean {
    return this.#awaited === "call" && (this.finish === "stop" || this.finish === "tool_calls");
  }

  /** Leaves out a call that is held back. */
  drop({ key, name }: GatedCall): void {
    this.#calls.delete(key);
    this.#hasCalls = [...this.#calls.values()].some(({ fate }) => fate !== "refused");
    this.dropped.push(name);
  }

  /** What is still held back: for a turn that ended by a limit, and once its calls have been checked. */
  release(): ModelDelta[] {
    const held = this.#held;
    this.#held = [];
    this.#awaited = undefined;
    return held.flatMap((delta): ModelDelta[] => {
      if (delta.kind !== "call") return [delta];
      const call = this.#calls.get(delta.key);
      if (call === undefined) return [];
      if (call.fate === "kept") {
        call.fate = "told";
        return [delta];
      }
      const wasChecked = call.fate === "checked";
      call.fate = "passed";
      return [wasChecked ? { ...delta, args: call.args } : delta];
    });
  }

  #passOne(delta: ModelDelta, passed: ModelDelta[]): void {
    switch (delta.kind) {
      case "call":
        this.#passCall(delta, passed);
        return;
      case "arguments":
        this.#passArguments(delta, passed);
        return;
      case "finish":
        this.finish = delta.reason;
        return;
      case "usage":
        passed.push(delta);
        return;
      case "reasoning":
        // Thoughts are not held back for a compulsory call, but never overtake one that is.
        (this.#awaited === "check" ? this.#held : passed).push(delta);
        return;
      case "refusal":
        // A model that refuses has answered: it is not asked again.
        if (this.#awaited === "call") passed.push(...this.release());
        (this.#awaited === "check" ? this.#held : passed).push(delta);
        return;
      default:
        (this.#awaited === undefined ? passed : this.#held).push(delta);
    }
  }

  #passCall(written: Extract<ModelDelta, { kind: "call" }>, passed: ModelDelta[]): void {
    const { key, callId, constrained } = written;
    const name = this.#nameOf(written.name);
    const delta = name === written.name ? written : { ...written, name };
    const soFar = { hasCalls: this.#hasCalls, holdsCall: this.#awaited === "check", room: this.#room };
    const fate = toCallFate(delta, this.#policy, soFar);
    if (fate === undefined || fate === "refused") this.dropped.push(written.name);
    if (fate === undefined) return;
    const refusal = fate === "refused" ? toRefusal(name, this.#policy) : undefined;
    this.#calls.set(key, { key, callId, name, args: "", constrained, refusal, fate });
    if (fate === "refused") return;
    this.#hasCalls = true;
    if (fate === "diverted" || fate === "told" || fate === "kept") this.#room--;
    if (fate === "checked") this.#awaited = "check";
    else if (this.#awaited === "call") passed.push(...this.release());
    if (fate === "checked" || fate === "behind" || fate === "kept") this.#held.push(delta);
    else if (fate !== "diverted") passed.push(delta);
  }

  #passArguments(delta: Extract<ModelDelta, { kind: "arguments" }>, passed: ModelDelta[]): void {
    const call = this.#calls.get(delta.key);
    if (call === undefined) return;
    const { fate } = call;
    if (fate !== "passed") call.args += delta.text;
    // A call that was passed on before goes on beside the one that is held.
    if (fate === "behind" || fate === "kept") this.#held.push(delta);
    else if (fate !== "checked" && fate !== "diverted" && fate !== "refused") passed.push(delta);
  }

  /** The name that a tool is offered under: the one that was called, or what that can only mean. */
  #nameOf(called: string): string {
    const { tools, offer } = this.#policy;
    if (tools.some(({ name }) => name === called)) return called;
    this.#otherNames ??= otherNamesOf(offer);
    return this.#otherNames.get(called) ?? called;
  }

  #callsThatAre(...fates: readonly CallFate[]): GatedCall[] {
    return [...this.#calls.values()].filter(({ fate }) => fates.includes(fate));
  }
}

/** True for what is passed on as it is while nothing is held back. */
function isProse({ kind }: ModelDelta): boolean {
  return kind === "text" || kind === "reasoning" || kind === "annotation" || kind === "usage";
}

/** True for what an answer may consist of. */
function saysSomething(delta: ModelDelta): boolean {
  if (delta.kind === "text") return /\S/.test(delta.text);
  return delta.kind === "refusal";
}
