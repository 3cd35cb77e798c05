import type {
  ProcessingRequest,
  ProcessingResponse,
} from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import type { ExtProcObserver } from "./observer.ts";

/**
 * Serves one exchange: reads what Envoy sends, yields what Envoy is to do. It knows nothing of the transport, so the
 * same handler runs on any gRPC server.
 *
 * `messages` ends when Envoy half-closes the stream, and throws when the stream breaks. A handler that is done with
 * reading just stops; it need not call `return()` on the iterator.
 *
 * `signal` fires when the stream is gone. Transports fire it after a normal answer as well, because Envoy resets the
 * stream then: see `watchClient` for telling the two apart.
 *
 * What the generator throws becomes the gRPC status; when it returns, the status is OK.
 */
export type ProcessHandler = (
  messages: AsyncIterable<ProcessingRequest>,
  signal: AbortSignal,
) => AsyncGenerator<ProcessingResponse, void, undefined>;

/** How to serve the method `Process`. */
export interface ProcessMethodOptions {
  readonly handler: ProcessHandler;
  /** A longer message is not read: the handler's reading fails with ResourceExhausted, and so does the stream unless it has an answer to that. */
  readonly maxMessageBytes: number;
  readonly observer: ExtProcObserver;
}

/** Answers a web request: the only thing this package asks of an application. `app.fetch` of Hono fits. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;
