import type { IncomingMessage } from "node:http";
import type { AppContext } from "../context.ts";

type ReadResult = { done: false; value: Uint8Array } | { done: true; value?: Uint8Array | undefined };

/** The bytes of a form, as they come. The reader of a web stream is one. */
export interface FormSource {
  /** Rejects where the body breaks off. */
  read(): Promise<ReadResult>;
  /** Reads on no further: a read that waits ends as at the end of the body. */
  cancel(): Promise<void>;
}

/** Takes the body of a request, from the connection itself where there is one; undefined where it has none. */
export function openFormSource(c: AppContext): FormSource | undefined {
  const incoming = c.env?.incoming;
  return incoming === undefined ? c.req.raw.body?.getReader() : new IncomingForm(incoming);
}

/**
 * The body of a request on a connection of Node's. As a web stream each chunk of it would be copied, and cost twice the
 * time; and what has been read can be freed here, for nobody else has it.
 */
export class IncomingForm implements FormSource {
  readonly #incoming: IncomingMessage;
  #chunk: Uint8Array | undefined;
  #failure: Error | undefined;
  #over: boolean;
  #wake = () => {};

  constructor(incoming: IncomingMessage) {
    this.#incoming = incoming;
    this.#over = incoming.readableEnded;
    if (incoming.destroyed && !this.#over)
      this.#failure = incoming.errored ?? new Error("The client has left.");
    incoming.pause();
    incoming.on("data", this.#onData);
    incoming.on("end", this.#onEnd);
    incoming.on("error", this.#onError);
    incoming.on("close", this.#onClose);
  }

  async read(): Promise<ReadResult> {
    if (this.#chunk === undefined && !this.#over && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#incoming.resume();
      });
    }
    if (this.#failure) throw this.#failure;
    const value = this.#chunk;
    this.#chunk = undefined;
    return value === undefined ? { done: true } : { done: false, value };
  }

  async cancel(): Promise<void> {
    this.#chunk = undefined;
    this.#end();
  }

  /** One chunk at a time: the rest stays with the connection, and with the client once that is full. */
  readonly #onData = (chunk: Uint8Array): void => {
    this.#incoming.pause();
    this.#chunk = chunk;
    this.#wake();
  };

  readonly #onEnd = (): void => this.#end();

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
    this.#end();
  };

  readonly #onClose = (): void => {
    if (!this.#over) this.#failure ??= new Error("The client has left.");
    this.#end();
  };

  /** Whoever does something else with what is left of the body is not to be disturbed. */
  #end(): void {
    this.#over = true;
    this.#incoming.off("data", this.#onData);
    this.#incoming.off("end", this.#onEnd);
    this.#incoming.off("error", this.#onError);
    this.#incoming.off("close", this.#onClose);
    this.#wake();
  }
}

/**
 * Frees the memory of a chunk that an {@link IncomingForm} gave and that nobody reads any more. Left to the garbage
 * collector, which does not count it, tens of megabytes of them would lie about during an upload. A chunk that is
 * only a part of its buffer is left alone: the rest may be in use.
 */
export function freeChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (chunk.byteLength < buffer.byteLength || !(buffer instanceof ArrayBuffer)) return;
  buffer.transfer(0);
}
