import type { ModelDelta } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { type ChatStreamOptions, ChatStreamReader } from "./chat-stream-reader.ts";

/** The bytes of an answer, as they come from the network. */
export interface AnswerBody {
  /** The next read; throws an ApiError when the connection breaks or falls silent. */
  next(): Promise<IteratorResult<Uint8Array, undefined>>;
  /** Ends the answer at the server, wherever it is. */
  return(): Promise<unknown>;
  /** Lets go of an answer that has been read far enough: the connection is kept for the next request. */
  release(): void;
  /** From now on silence may last only this long (milliseconds), because the answer is complete. */
  expectEnd(ms: number): void;
}

/** How long a complete answer may wait for the token counts and the end mark behind it, in milliseconds. */
const graceForEnd = 2_000;

/**
 * Reads a streamed answer: one batch of deltas for each network read that brought any. Throws an ApiError where
 * the stream breaks (`upstream_cut`), is no stream of chunks (`upstream_garbage`) or holds an error, and
 * whatever the body throws; deltas before the fault come first. An answer whose finish reason has come is
 * complete, whatever happens to the connection then.
 */
export function fromChatStream(
  body: AnswerBody,
  options: ChatStreamOptions,
): AsyncIterableIterator<ModelDelta[]> {
  return new ChatStream(body, options);
}

/** Not a generator: `return()` on one that was never read would not reach the body. */
class ChatStream implements AsyncIterableIterator<ModelDelta[]> {
  readonly #body: AnswerBody;
  readonly #reader: ChatStreamReader;
  #over = false;
  #expectsEnd = false;

  constructor(body: AnswerBody, options: ChatStreamOptions) {
    this.#body = body;
    this.#reader = new ChatStreamReader(options);
  }

  async next(): Promise<IteratorResult<ModelDelta[], undefined>> {
    while (!this.#over) {
      const deltas = await this.#readBatch();
      if (deltas.length > 0) return { done: false, value: deltas };
    }
    if (this.#reader.failure === undefined) return { done: true, value: undefined };
    await this.#body.return();
    throw this.#reader.failure;
  }

  async return(): Promise<IteratorResult<ModelDelta[], undefined>> {
    this.#over = true;
    await this.#body.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #readBatch(): Promise<ModelDelta[]> {
    const read = await this.#readBytes();
    if (read === undefined) {
      this.#over = true;
      return this.#reader.end();
    }
    const deltas = this.#reader.push(read);
    if (this.#reader.done) {
      this.#over = true;
      this.#body.release();
    } else if (this.#reader.failure !== undefined) {
      this.#over = true;
    } else if (this.#reader.finished && !this.#expectsEnd) {
      this.#expectsEnd = true;
      this.#body.expectEnd(graceForEnd);
    }
    return deltas;
  }

  /** The next bytes, or undefined at the end; what breaks behind a complete answer is an end, too. */
  async #readBytes(): Promise<Uint8Array | undefined> {
    try {
      return (await this.#body.next()).value;
    } catch (thrown) {
      if (this.#reader.finished && thrown instanceof ApiError) return undefined;
      this.#over = true;
      throw thrown;
    }
  }
}
