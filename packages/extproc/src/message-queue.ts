/** How many messages may wait before the source is asked to pause. */
const highWaterMark = 16;

interface Waiting<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (error: unknown) => void;
}

/**
 * Turns pushed messages into an async iterable, for one reader. Unlike iterating a stream, leaving it early harms
 * nothing.
 */
export class MessageQueue<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #resume: () => void;
  #messages: T[] = [];
  #waiting: Waiting<T> | undefined;
  #ended = false;
  #error: { cause: unknown } | undefined;

  /** @param resume called when the reader has caught up after `push` had returned false. */
  constructor(resume: () => void) {
    this.#resume = resume;
  }

  /** Hands a message to the reader. False when the source should pause until `resume`. */
  push(message: T): boolean {
    if (this.#waiting === undefined) return this.#messages.push(message) < highWaterMark;
    this.#waiting.resolve({ done: false, value: message });
    this.#waiting = undefined;
    return true;
  }

  /** Nothing more will come. */
  end(): void {
    this.#ended = true;
    this.#waiting?.resolve({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  /** The source broke: the reader gets what came before, then the error. */
  fail(error: unknown): void {
    this.#error ??= { cause: error };
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#messages.length > 0) {
      const value = this.#messages.shift() as T;
      if (this.#messages.length === 0) this.#resume();
      return Promise.resolve({ done: false, value });
    }
    if (this.#error !== undefined) return Promise.reject(this.#error.cause);
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
