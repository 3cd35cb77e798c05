import { ApiError } from "@gateway/protocol";

/** Seconds after which a client that was turned away may try again. */
const retryAfter = 1;

/** Bounds how many requests wait for the same answer: each holds a connection, and one of those worked on at once. */
export class WaitingRoom {
  readonly #limit: number;
  readonly #waiting = new Map<string, number>();

  /** @param limit how many requests of one key may wait at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Does what may have to wait. Throws a 429 at once where as many of this key are waiting as may. */
  async wait<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#waiting.get(key) ?? 0;
    if (before >= this.#limit) throw this.#full();
    this.#waiting.set(key, before + 1);
    try {
      return await work();
    } finally {
      const left = (this.#waiting.get(key) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(key);
      else this.#waiting.set(key, left);
    }
  }

  #full(): ApiError {
    return new ApiError(
      `${this.#limit} requests with this Idempotency-Key are waiting for its answer already. Wait for one of them, or try again shortly.`,
      { status: 429, type: "rate_limit_error", code: "too_many_waiting_requests", retryAfter },
    );
  }
}
