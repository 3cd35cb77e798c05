import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Timeouts } from "./timeouts.ts";
import { cutOff, timedOut, unreachable } from "./upstream-errors.ts";

/** Bytes that may wait for the reader before the server is told to pause. */
const highWater = 256 * 1024;
/** Bytes that are read and thrown away to keep a connection, and for how long (milliseconds). */
const drainLimit = { bytes: 64 * 1024, ms: 1_000 };

/** What an exchange needs to know. */
export interface ExchangeOptions {
  backend: string;
  timeouts: Timeouts;
  /** When the call must be over, on the clock of `performance.now()`. */
  deadline: number;
  signal: AbortSignal;
}

/**
 * One request and its answer, as undici's handler of it. The answer's bytes are an async iterable that is read
 * once, by one reader; `return()` on it ends the call at the server at once, as aborting the signal does.
 *
 * It stands on `dispatch` rather than on `request`, because the stream object that `request` makes costs a third
 * of the CPU of a call.
 */
export class UpstreamExchange implements Dispatcher.DispatchHandler, AsyncIterableIterator<Buffer> {
  status = 0;
  headers: IncomingHttpHeaders = {};
  /** Resolves when the status line and headers are there; rejects when they never come. */
  readonly answered: Promise<void>;

  readonly #options: ExchangeOptions;
  readonly #head = Promise.withResolvers<void>();
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #paused = false;
  #state: "open" | "draining" | "over" = "open";
  #failure: unknown;
  #wake: (() => void) | undefined;
  /** What is being waited for, and how long it may take (milliseconds). */
  #awaited = { what: "", limit: 0 };
  #timer: NodeJS.Timeout | undefined;
  #heard = false;
  readonly #total: NodeJS.Timeout;

  constructor(options: ExchangeOptions) {
    this.#options = options;
    const { timeouts, deadline, signal } = options;
    this.answered = this.#head.promise;
    this.#expect("sent nothing for", timeouts.firstByte);
    const left = Math.max(0, deadline - performance.now());
    this.#total = setTimeout(() => this.#giveUp("was not done after", timeouts.total), left);
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The caller may have left while the connection was being made.
    if (this.#state === "over") controller.abort(toError(this.#failure));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#head.resolve();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === "over") return;
    this.#queued += chunk.length;
    if (this.#state === "draining") {
      if (this.#queued > drainLimit.bytes) this.#abort(undefined);
      return;
    }
    if (this.#heard) this.#timer?.refresh();
    else this.#expect("fell silent for", this.#options.timeouts.idle);
    this.#heard = true;
    this.#queue.push(chunk);
    if (this.#queued > highWater && !this.#paused) {
      this.#paused = true;
      controller.pause();
    }
    this.#wake?.();
  }

  onResponseEnd(): void {
    this.#finish(undefined);
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const { backend } = this.#options;
    this.#finish(this.status === 0 ? unreachable(backend, error) : cutOff(backend, error));
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    while (this.#queue.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#state !== "open") return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    const value = this.#queue.shift() as Buffer;
    this.#queued -= value.length;
    if (this.#paused && this.#queued === 0) {
      this.#paused = false;
      this.#timer?.refresh();
      this.#controller?.resume();
    }
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.#queue.length = 0;
    if (this.#state === "open") this.#abort(undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Lets go of an answer that has been read far enough; its rest is thrown away so that the connection is kept. */
  release(): void {
    if (this.#state !== "open") return;
    this.#state = "draining";
    this.#queued = 0;
    this.#queue.length = 0;
    this.#letGo();
    if (this.#paused) this.#controller?.resume();
    this.#timer = setTimeout(() => this.#abort(undefined), drainLimit.ms).unref();
  }

  /** The answer is complete: from now on silence may last only `ms` milliseconds. */
  expectEnd(ms: number): void {
    if (this.#state === "open")
      this.#expect("did not end its answer for", Math.min(ms, this.#options.timeouts.idle));
  }

  /** The whole answer as text, up to `limit` bytes; the rest is not read. */
  async text(limit: number): Promise<{ text: string; complete: boolean }> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) return { text: Buffer.concat(chunks).toString("utf8", 0, limit), complete: false };
    }
    return { text: Buffer.concat(chunks).toString("utf8"), complete: true };
  }

  #expect(what: string, limit: number): void {
    clearTimeout(this.#timer);
    this.#awaited = { what, limit };
    this.#timer = setTimeout(this.#onSilence, limit);
  }

  readonly #onSilence = (): void => {
    // While the reader is behind, the silence is ours.
    if (!this.#paused) this.#giveUp(this.#awaited.what, this.#awaited.limit);
  };

  readonly #onAbort = (): void => {
    this.#queue.length = 0;
    this.#abort(this.#options.signal.reason);
  };

  #giveUp(what: string, limit: number): void {
    this.#abort(timedOut(this.#options.backend, what, limit));
  }

  /** Ends the call at the server: its connection is closed. */
  #abort(failure: unknown): void {
    if (this.#state === "over") return;
    this.#finish(failure);
    this.#controller?.abort(toError(failure));
  }

  #finish(failure: unknown): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#failure = failure;
    this.#letGo();
    if (this.status === 0) this.#head.reject(failure);
    this.#wake?.();
  }

  #letGo(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#total);
    this.#timer = undefined;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("The answer is not wanted any more.");
}
