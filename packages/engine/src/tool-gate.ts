import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { mustCall, type ToolPolicy } from "./tool-policy.ts";

/** A call that is for this server, as the model wrote it. */
export interface DivertedCall {
  key: number;
  name: string;
  args: string;
}

/** A call that is held back until it has been checked. */
export interface HeldCall {
  key: number;
  callId: string;
  name: string;
  args: string;
  /** Set where the server was told to hold the input to its grammar. */
  constrained?: { exact: boolean } | undefined;
}

/**
 * Holds one turn's deltas to the tool policy, since Ollama and llama.cpp do not: calls that
 * `tool_choice` rules out are dropped, as is every call after the first where parallel calls are off. Where a call is
 * compulsory, text is held back until it comes; a turn that brings none can then be asked again without the
 * caller having seen anything of it but its reasoning. Calls whose arguments have to be checked are held back too, with
 * all that follows them: see {@link checked} and {@link release}. Calls of tools that run here are collected in
 * {@link diverted}; passed on as well are those that are told of while they are written.
 */
export class ToolGate {
  readonly #policy: ToolPolicy;
  readonly #room: number;
  readonly #offered: ReadonlySet<string>;
  readonly #passed = new Set<number>();
  readonly #checked = new Map<number, HeldCall>();
  /** Those that have been passed on because they can hardly be wrong. */
  readonly #trusted = new Map<number, HeldCall>();
  readonly #diverted = new Map<number, DivertedCall>();
  /** Those of them that are passed on. */
  readonly #told = new Set<number>();
  #held: ModelDelta[] | undefined;
  /** Calls that were held back behind another, and will be passed on with it. */
  readonly #behind = new Map<number, HeldCall>();
  /** Calls that were dropped, for the log. */
  readonly dropped: string[] = [];
  /** Why the model stopped, once it has. */
  finish: FinishReason | undefined;

  /** `room` is how many calls of tools that run here are sure to be carried out. */
  constructor(policy: ToolPolicy, room = 0) {
    this.#policy = policy;
    this.#room = room;
    this.#offered = new Set(policy.tools.map(({ name }) => name));
    this.#held = mustCall(policy) ? [] : undefined;
  }

  /** The deltas of a batch that may go on. */
  pass(deltas: readonly ModelDelta[]): readonly ModelDelta[] {
    // This is what most batches are: one piece of text.
    if (this.#held === undefined && deltas.every(isProse)) return deltas;
    const passed: ModelDelta[] = [];
    for (const delta of deltas) this.#passOne(delta, passed);
    return passed;
  }

  /** The calls that are for this server, in the order the model made them. Complete once the turn has ended. */
  get diverted(): DivertedCall[] {
    return [...this.#diverted.values()];
  }

  /** The calls that have to be checked before they are released. Complete once the turn has ended. */
  get checked(): HeldCall[] {
    return [...this.#checked.values()];
  }

  /** The calls that were passed on at once because the server holds them to a grammar; they are checked all the same. */
  get trusted(): HeldCall[] {
    return [...this.#trusted.values()];
  }

  /** The calls that wait behind one that has to be checked, and will be released with it. */
  get behind(): HeldCall[] {
    return [...this.#behind.values()];
  }

  /** How many calls have been passed on. */
  get passedCalls(): number {
    return this.#passed.size - this.#behind.size;
  }

  /** True once the turn has brought a call, of whomever. */
  get hasCalls(): boolean {
    return this.callsClient || this.#diverted.size > 0;
  }

  /** True when the turn brought calls that are for the client. */
  get callsClient(): boolean {
    return this.#passed.size + this.#checked.size > 0;
  }

  /** True when the turn ended without the call that was compulsory. Being cut by a limit is no refusal. */
  get unsatisfied(): boolean {
    return (
      this.#held !== undefined && !this.hasCalls && (this.finish === "stop" || this.finish === "tool_calls")
    );
  }

  /** Leaves out a call that is held back. */
  drop({ key, name }: HeldCall): void {
    this.#checked.delete(key);
    this.dropped.push(name);
  }

  /** What is still held back: for a turn that ended by a limit, and once its calls have been checked. */
  release(): ModelDelta[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#behind.clear();
    return held.flatMap((delta): ModelDelta[] => {
      if (delta.kind !== "call") return [delta];
      const call = this.#checked.get(delta.key);
      if (call !== undefined) return [{ ...delta, args: call.args }];
      return this.#passed.has(delta.key) ? [delta] : [];
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
        if (this.#held && this.#checked.size > 0) this.#held.push(delta);
        else passed.push(delta);
        return;
      case "refusal":
        // A model that refuses has answered: it is not asked again.
        if (this.#checked.size === 0) passed.push(...this.release(), delta);
        else this.#held?.push(delta);
        return;
      default:
        if (this.#held) this.#held.push(delta);
        else passed.push(delta);
    }
  }

  #passCall(delta: Extract<ModelDelta, { kind: "call" }>, passed: ModelDelta[]): void {
    const { key, callId, name, constrained } = delta;
    const { clients, servers } = this.#policy.offer;
    if (!this.#admits(name)) {
      this.dropped.push(name);
    } else if (clients.get(name)?.check !== undefined && constrained?.exact !== true) {
      this.#checked.set(key, { key, callId, name, args: "", constrained });
      this.#held ??= [];
      this.#held.push(delta);
    } else if (servers.has(name)) {
      if (this.#checked.size === 0) passed.push(...this.release());
      if (this.#isTold(name)) {
        this.#told.add(key);
        passed.push(delta);
      }
      this.#diverted.set(key, { key, name, args: "" });
    } else {
      this.#passed.add(key);
      if (constrained !== undefined) this.#trusted.set(key, { key, callId, name, args: "", constrained });
      if (this.#checked.size > 0) {
        this.#behind.set(key, { key, callId, name, args: "" });
        this.#held?.push(delta);
      } else passed.push(...this.release(), delta);
    }
  }

  #passArguments(delta: Extract<ModelDelta, { kind: "arguments" }>, passed: ModelDelta[]): void {
    const call = this.#checked.get(delta.key) ?? this.#diverted.get(delta.key);
    if (call !== undefined) {
      call.args += delta.text;
      if (this.#told.has(delta.key)) passed.push(delta);
      return;
    }
    if (!this.#passed.has(delta.key)) return;
    const trusted = this.#trusted.get(delta.key);
    if (trusted !== undefined) trusted.args += delta.text;
    // A call that was passed on before goes on beside the one that is held.
    const behind = this.#behind.get(delta.key);
    if (behind !== undefined && this.#held !== undefined) {
      behind.args += delta.text;
      this.#held.push(delta);
    } else passed.push(delta);
  }

  /**
   * Whether a call of a tool that runs here is told of while it is written. Not where the turn may be asked for once more,
   * since another call of it could not be read: what was told could then not be taken back.
   */
  #isTold(name: string): boolean {
    const { clients, servers } = this.#policy.offer;
    if (this.#diverted.size >= this.#room || servers.get(name)?.begin === undefined) return false;
    return ![...clients.values()].some(({ check }) => check !== undefined);
  }

  #admits(name: string): boolean {
    if (!this.#policy.parallel && this.hasCalls) return false;
    if (this.#offered.has(name)) return true;
    const { servers, hidden } = this.#policy.offer;
    return !this.#policy.exclusive && !servers.has(name) && hidden?.has(name) !== true;
  }
}

/** True for what is passed on as it is while nothing is held back. */
function isProse({ kind }: ModelDelta): boolean {
  return kind === "text" || kind === "reasoning" || kind === "annotation" || kind === "usage";
}
