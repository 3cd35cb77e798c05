import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { mustCall, type ToolPolicy } from "./tool-policy.ts";

/**
 * Holds one turn's deltas to the tool policy, since Ollama and llama.cpp do not: calls that
 * `tool_choice` rules out are dropped, as is every call after the first where parallel calls are off. Where a call is
 * compulsory, text is held back until it comes; a turn that brings none can then be asked again without the
 * caller having seen anything of it but its reasoning.
 */
export class ToolGate {
  readonly #policy: ToolPolicy;
  readonly #offered: ReadonlySet<string>;
  readonly #passed = new Set<number>();
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
        passed.push(...this.release(), delta);
        this.#passed.add(delta.key);
        return;
      case "arguments":
        if (this.#passed.has(delta.key)) passed.push(delta);
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

  #admits(name: string): boolean {
    if (!this.#policy.parallel && this.#passed.size > 0) return false;
    return !this.#policy.exclusive || this.#offered.has(name);
  }
}
