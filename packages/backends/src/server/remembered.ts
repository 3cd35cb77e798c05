import { unlessAborted } from "./unless-aborted.ts";

/** What was said is remembered for this time, in milliseconds. */
const age = 60_000;
/** One that did not answer is asked again after this time, in milliseconds. */
const failureAge = 10_000;

/**
 * The answer to a question that is asked of a server at the most once a minute. What was known stays while the server
 * does not answer. Callers at the same time share the question.
 */
export class Remembered<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => number;
  #known: T | undefined;
  #until = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  /** `ask` rejects where there was no answer; `now` is a clock in milliseconds. */
  constructor(ask: () => Promise<T>, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** The answer; undefined where there was none yet, or the caller does not wait for it. Never rejects. */
  async get(signal: AbortSignal): Promise<T | undefined> {
    try {
      if (this.#now() >= this.#until) {
        this.#asking ??= this.#renew();
        await unlessAborted(this.#asking, signal);
      }
    } catch {
      return undefined;
    }
    return this.#known;
  }

  /** Never rejects. */
  async #renew(): Promise<void> {
    try {
      this.#known = await this.#ask();
      this.#until = this.#now() + age;
    } catch {
      this.#until = this.#now() + failureAge;
    } finally {
      this.#asking = undefined;
    }
  }
}
