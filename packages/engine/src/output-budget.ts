import type { ResponseObject } from "@gateway/protocol";

/**
 * What `max_output_tokens` leaves to a response. It covers the whole response, not each turn; what was written for
 * summaries of the context is not counted, since the caller sees none of it.
 */
export class OutputBudget {
  readonly #most: number | undefined;
  readonly #response: Pick<ResponseObject, "usage">;
  #uncounted: number;

  /** `uncounted` are tokens of the response's usage that do not count. */
  constructor(most: number | undefined, response: Pick<ResponseObject, "usage">, uncounted = 0) {
    this.#most = most;
    this.#response = response;
    this.#uncounted = uncounted;
  }

  /** Leaves tokens of the usage out of the count. */
  exempt(tokens: number): void {
    this.#uncounted += tokens;
  }

  /** Tokens that may still be written; undefined where there is no limit. May be negative. */
  left(): number | undefined {
    if (this.#most === undefined) return undefined;
    return this.#most - ((this.#response.usage?.output_tokens ?? 0) - this.#uncounted);
  }

  /** True when nothing may be written any more. */
  get spent(): boolean {
    const left = this.left();
    return left !== undefined && left <= 0;
  }
}
