import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { mustCall, type ToolPolicy } from "./tool-policy.ts";

/** A call that is for this server, as the model wrote it. */
export interface DivertedCall {
  name: string;
  args: string;
}

/**
 * Holds one turn's deltas to the tool policy, since Ollama and llama.cpp do not: calls that
 * `tool_choice` rules out are dropped, as is every call after the first where parallel calls are off. Where a call is
 * compulsory, text is held back until it comes; a turn that brings none can then be asked again without the
 * caller having seen anything of it but its reasoning. Calls of tools that run here are not passed on either:
 * they are collected in {@link diverted}.
 */
export class ToolGate {
  readonly #policy: ToolPolicy;
  readonly #offered: ReadonlySet<string>;
  readonly #passed = new Set<number>();
  readonly #diverted = new Map<number, DivertedCall>();
  #held: ModelDelta[] | undefined;
  /** Calls that were dropped, for the log. */
  readonly dropped: string[] = [];
  /** Why the model stopped, once it has. */
  finish: FinishReason | undefined;

  constructor(policy: ToolPolicy) {
    this.#policy = policy;
    this.#offered = new Set(policy.tools.map(({ name }) => name));
    this.#held = mustCall(policy) ? [] : undefined;
  }

  /** The deltas of a batch that may go on. */
  pass(deltas: readonly ModelDelta[]): ModelDelta[] {
    const passed: ModelDelta[] = [];
    for (const delta of deltas) this.#passOne(delta, passed);
    return passed;
  }

  /** The calls that are for this server, in the order the model made them. Complete once the turn has ended. */
  get diverted(): DivertedCall[] {
    return [...this.#diverted.values()];
  }

  /** True once the turn has brought a call, of whomever. */
  get hasCalls(): boolean {
    return this.#passed.size + this.#diverted.size > 0;
  }

  /** True when the turn brought calls that are for the client. */
  get callsClient(): boolean {
    return this.#passed.size > 0;
  }

  /** True when the turn ended without the call that was compulsory. Being cut by a limit is no refusal. */
  get unsatisfied(): boolean {
    return this.#held !== undefined && (this.finish === "stop" || this.finish === "tool_calls");
  }

  /** What is still held back, for a turn that ended by a limit. */
  release(): ModelDelta[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }

  #passOne(delta: ModelDelta, passed: ModelDelta[]): void {
    switch (delta.kind) {
      case "text":
      case "annotation":
        if (this.#held) this.#held.push(delta);
        else passed.push(delta);
        return;
      case "call":
        if (!this.#admits(delta.name)) {
          this.dropped.push(delta.name);
          return;
        }
        passed.push(...this.release());
        if (this.#policy.offer.servers.has(delta.name)) {
          this.#diverted.set(delta.key, { name: delta.name, args: "" });
          return;
        }
        passed.push(delta);
        this.#passed.add(delta.key);
        return;
      case "arguments":
        if (this.#passed.has(delta.key)) passed.push(delta);
        else this.#divert(delta.key, delta.text);
        return;
      case "finish":
        this.finish = delta.reason;
        return;
      case "refusal":
        // A model that refuses has answered: it is not asked again.
        passed.push(...this.release(), delta);
        return;
      default:
        passed.push(delta);
    }
  }

  #divert(key: number, text: string): void {
    const call = this.#diverted.get(key);
    if (call !== undefined) call.args += text;
  }

  #admits(name: string): boolean {
    if (!this.#policy.parallel && this.hasCalls) return false;
    if (this.#offered.has(name)) return true;
    return !this.#policy.exclusive && !this.#policy.offer.servers.has(name);
  }
}
