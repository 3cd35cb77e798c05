import { isTerminal, type ResponseEvent, type ResponseObject } from "@gateway/protocol";
import { hasAnswer } from "../stores.ts";

/** The making of the response that a key was claimed for, in this process. To be ended, or watched to its end. */
export class KeyedRun {
  /** The id that the response gets. */
  readonly responseId: string;
  readonly #keep: (response: ResponseObject) => Promise<void>;
  readonly #onEnd: () => void;
  readonly #begun = Promise.withResolvers<boolean>();
  readonly #over = Promise.withResolvers<void>();
  #isWatched = false;

  /** `keep` is given an answer that is not stored, before anyone sees that it is complete. */
  constructor(responseId: string, keep: (response: ResponseObject) => Promise<void>, onEnd: () => void) {
    this.responseId = responseId;
    this.#keep = keep;
    this.#onEnd = onEnd;
  }

  /** Whether its response is being watched, which will end it. */
  get isWatched(): boolean {
    return this.#isWatched;
  }

  /** Resolves when the response has begun or nothing comes of it: whether it is stored, so that others can follow it. */
  get begun(): Promise<boolean> {
    return this.#begun.promise;
  }

  /** Resolves when it has ended: what is stored of the response does not change any more. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Says that it has ended: who waits goes on. Fine to do again. */
  end(): void {
    this.#onEnd();
    this.#begun.resolve(false);
    this.#over.resolve();
  }

  /** Passes the batches of the response on, and ends with them. */
  async *watch(batches: AsyncIterable<ResponseEvent[]>): AsyncGenerator<ResponseEvent[], void, undefined> {
    this.#isWatched = true;
    try {
      for await (const batch of batches) {
        const [first, last] = [batch[0], batch.at(-1)];
        if (first?.type === "response.created") this.#begun.resolve(first.response.store);
        if (last !== undefined && isTerminal(last) && hasAnswer(last.response)) {
          if (!last.response.store) await this.#keep(last.response);
          // Its own reader may be slow to take it; nobody else has to wait for that.
          this.end();
        }
        yield batch;
      }
    } finally {
      this.end();
    }
  }
}
