import { constants, type Http2Session, type ServerHttp2Stream } from "node:http2";
import { fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { encodeResponse } from "./encode-response.ts";
import type {
  ProcessingRequest,
  ProcessingResponse,
} from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { ProcessingRequestSchema } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { FrameDecoder } from "./grpc-framing.ts";
import { fromResetCode, toCallError, toStatus } from "./grpc-status.ts";
import { MessageQueue } from "./message-queue.ts";
import { trackStream } from "./observer.ts";
import type { ProcessMethodOptions } from "./process-handler.ts";

/** What every answer begins with. Copied by node:http2, never written to. */
const responseHeaders = { ":status": 200, "content-type": "application/grpc" };

/** How long a peer that has its answer may leave its side of the stream open. Envoy takes 1 s at the most. */
const lingerMs = 10_000;

/** One call of `Process`: the frames of an HTTP/2 stream on one side, the messages of a handler on the other. */
export class ProcessCall {
  readonly #stream: ServerHttp2Stream;
  /** Kept, since a stream that has closed no longer knows its session. */
  readonly #session: Http2Session | undefined;
  readonly #options: ProcessMethodOptions;
  readonly #decoder: FrameDecoder;
  readonly #queue: MessageQueue<ProcessingRequest>;
  readonly #abort = new AbortController();
  /** Why nothing can be sent any more. */
  #broken: ConnectError | undefined;
  #finished = false;
  #corked = false;
  #writable: (() => void) | undefined;
  /** Runs to the deadline of the call, and after the answer until the peer closes its side. */
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: ServerHttp2Stream, options: ProcessMethodOptions) {
    this.#stream = stream;
    this.#session = stream.session;
    this.#options = options;
    this.#decoder = new FrameDecoder(options.maxMessageBytes);
    this.#queue = new MessageQueue(() => stream.resume());
    stream.on("data", this.#onData);
    stream.on("end", this.#onEnd);
    stream.on("drain", this.#onDrain);
    // 'close' follows and is what counts; without a listener the error would end the process.
    stream.on("error", ignore);
    stream.on("close", this.#onClose);
  }

  /** Ends the call with DeadlineExceeded when that time has passed. Undefined for no deadline. */
  setDeadline(milliseconds: number | undefined): void {
    if (milliseconds === undefined) return;
    this.#timer = setTimeout(
      () => {
        const error = new ConnectError("the deadline of the call has passed", Code.DeadlineExceeded);
        this.#queue.fail(error);
        this.#break(error);
        this.#finish(error);
      },
      Math.min(milliseconds, 2 ** 31 - 1),
    );
  }

  /** Runs the handler to its end. Never rejects. */
  async run(): Promise<void> {
    const outcome = trackStream(this.#options.observer);
    const responses = this.#options.handler(this.#queue, this.#abort.signal);
    try {
      for (;;) {
        const { done, value } = await responses.next();
        if (done) break;
        if (this.#broken !== undefined) throw this.#broken;
        if (this.#stream.destroyed) throw this.#whyClosed();
        outcome.sent(value);
        if (!this.#send(value)) await this.#drained();
      }
      if (this.#broken !== undefined) throw this.#broken;
      outcome.ended();
      this.#finish();
    } catch (thrown) {
      const error = this.#broken ?? toCallError(thrown);
      outcome.failed(error);
      this.#finish(error);
      // Not awaited: a handler that is stuck must not keep this call.
      responses.return(undefined).catch(ignore);
    }
  }

  #onData = (chunk: Buffer): void => {
    if (this.#finished) return;
    try {
      this.#decoder.push(chunk, this.#receive);
    } catch (error) {
      this.#reject(error);
    }
  };

  #receive = (message: Buffer): void => {
    if (!this.#queue.push(fromBinary(ProcessingRequestSchema, message))) this.#stream.pause();
  };

  #onEnd = (): void => {
    // A reset ends the reading side as well; 'close' follows and knows the reason.
    if (this.#finished || this.#stream.closed) return;
    try {
      this.#decoder.end();
      this.#queue.end();
    } catch (error) {
      this.#reject(error);
    }
  };

  /** The peer sends what cannot be read: the handler is told when it comes to it, and no more is read. */
  #reject(cause: unknown): void {
    const error =
      cause instanceof ConnectError
        ? cause
        : new ConnectError("a message is not a ProcessingRequest", Code.InvalidArgument);
    this.#stream.off("data", this.#onData);
    this.#stream.off("end", this.#onEnd);
    this.#stream.resume();
    this.#queue.fail(error);
  }

  /**
   * Writes a message. What is written until the present callback and its promises are done goes out as one write.
   * False when the peer does not keep up.
   */
  #send(response: ProcessingResponse): boolean {
    const stream = this.#stream;
    if (!stream.headersSent) stream.respond(responseHeaders, { waitForTrailers: true });
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      process.nextTick(this.#uncork);
    }
    return stream.write(encodeResponse(response));
  }

  #uncork = (): void => {
    this.#corked = false;
    this.#stream.uncork();
  };

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#writable = resolve;
    });
  }

  #onDrain = (): void => {
    this.#writable?.();
    this.#writable = undefined;
  };

  /** Ends the stream with its status, once. What still arrives is thrown away. */
  #finish(error?: ConnectError): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#timer);
    const stream = this.#stream;
    if (stream.destroyed || stream.closed) return;
    stream.resume();
    this.#timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs).unref();
    const status = toStatus(error);
    if (stream.headersSent) {
      stream.once("wantTrailers", () => stream.sendTrailers(status));
      stream.end();
    } else {
      stream.respond({ ...responseHeaders, ...status }, { endStream: true });
    }
  }

  #onClose = (): void => {
    clearTimeout(this.#timer);
    if (this.#finished) return;
    const error = this.#whyClosed();
    this.#queue.fail(error);
    this.#break(error);
  };

  #whyClosed(): ConnectError {
    if (this.#session?.destroyed === false) return fromResetCode(this.#stream.rstCode);
    return new ConnectError("the connection was lost", Code.Unavailable);
  }

  /** Nothing can be sent any more: tells the handler, and frees a write that waits. */
  #break(error: ConnectError): void {
    this.#broken ??= error;
    clearTimeout(this.#timer);
    this.#abort.abort(error);
    this.#onDrain();
  }
}

function ignore(): void {}
