import { unlessAborted } from "./unless-aborted.ts";

interface Waiter {
  go(): void;
  refuse(reason: unknown): void;
}

/** Those who wait for something to become free. All are called at once and look again, first come first. */
export class WaitingLine {
  readonly #maxMs: number;
  readonly #tooLong: () => Error;
  readonly #waiting = new Set<Waiter>();

  /** `tooLong` gives what is thrown to whoever has waited `maxMs` milliseconds. */
  constructor(maxMs: number, tooLong: () => Error) {
    this.#maxMs = maxMs;
    this.#tooLong = tooLong;
  }

  /**
   * Resolves at the next call. Throws the signal's reason when it is aborted, and what `tooLong` gives where it is too
   * long since `since`, in milliseconds of `performance.now()`.
   */
  async wait(signal: AbortSignal, since: number): Promise<void> {
    const { promise, resolve: go, reject: refuse } = Promise.withResolvers<void>();
    const waiter: Waiter = { go, refuse };
    const timer = setTimeout(() => refuse(this.#tooLong()), since + this.#maxMs - performance.now());
    this.#waiting.add(waiter);
    try {
      await unlessAborted(promise, signal);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiter);
    }
  }

  callAll(): void {
    for (const { go } of this.#waiting) go();
  }

  /** Nobody waits any longer. */
  close(reason: Error): void {
    for (const { refuse } of this.#waiting) refuse(reason);
  }
}
