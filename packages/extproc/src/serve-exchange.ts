import type { JsonObject } from "@bufbuild/protobuf";
import { type CollectedRequest, collectRequest } from "./collect-request.ts";
import { toErrorResponse } from "./error-answer.ts";
import { type ExtProcObserver, type PhaseStatus, silentObserver } from "./observer.ts";
import type { FetchHandler, ProcessHandler } from "./process-handler.ts";
import { streamResponse } from "./stream-response.ts";
import { AnswerTooLargeError, toImmediateResponse } from "./to-immediate-response.ts";
import { type AssumedRequest, toRequest } from "./to-request.ts";
import { watchClient } from "./watch-client.ts";
import { withMetadata } from "./with-metadata.ts";

/** Limits of one exchange; sizes are in bytes. */
export interface ExchangeLimits {
  /**
   * A longer request body is not collected: the application gets the request without it, and a content-length that
   * tells. Set it to the application's own limit. Default 32 MiB.
   */
  readonly maxBodyBytes?: number;
  /** A request that takes longer to arrive, in milliseconds, is a 408. Default 60,000. */
  readonly receiveTimeoutMs?: number;
  /** A longer answer is a 500, or ends early when it was begun. Default 64 MiB. */
  readonly maxAnswerBytes?: number;
}

/** How to serve exchanges. */
export interface ServeOptions {
  /** Answers the request. A throw is a 500 that tells nothing of the cause; the observer gets it. */
  readonly fetch: FetchHandler;
  readonly limits?: ExchangeLimits;
  /** For filters that skip the headers: what the request is taken to be. */
  readonly assumed?: AssumedRequest | undefined;
  readonly observer?: ExtProcObserver;
  /**
   * Called just before the last message of an answer: gives the dynamic metadata to send with it, by namespace.
   * Envoy drops the namespaces that the filter's `receiving_namespaces` does not name.
   */
  readonly metadata?: MetadataSource | undefined;
}

/** Gives the dynamic metadata of an exchange, by namespace; undefined for none. It must not throw. */
export type MetadataSource = (request: Request, response: Response) => JsonObject | undefined;

/** How long a request body may be where nothing is said. */
export const defaultMaxBodyBytes = 32 * 1024 * 1024;
const defaultReceiveTimeoutMs = 60_000;
const defaultMaxAnswerBytes = 64 * 1024 * 1024;

/**
 * Makes the handler for exchanges that end here, never at a backend of Envoy's: the request goes to `fetch`, its
 * response to the client. An event stream is passed on chunk by chunk where Envoy can do that, and as one whole
 * answer where it cannot.
 *
 * Every complete request is answered. The request's signal fires when the client leaves before its answer is
 * complete; the body of the response is cancelled then.
 */
export function serveExchange(options: ServeOptions): ProcessHandler {
  const { fetch, assumed, metadata, observer = silentObserver } = options;
  const collectLimits = {
    maxBodyBytes: options.limits?.maxBodyBytes ?? defaultMaxBodyBytes,
    receiveTimeoutMs: options.limits?.receiveTimeoutMs ?? defaultReceiveTimeoutMs,
  };
  const maxAnswerBytes = options.limits?.maxAnswerBytes ?? defaultMaxAnswerBytes;
  const failed = (error: unknown) =>
    observer.streamError(error instanceof AnswerTooLargeError ? "ResourceExhausted" : "Internal", error);

  return async function* serve(messages, stream) {
    const collected = yield* collectRequest(messages, collectLimits, observer);
    if (collected === undefined) return;

    const client = watchClient(stream);
    const { request, response, status } = await answer(collected, client.signal);
    const seconds = (performance.now() - collected.completedAt) / 1000;
    observer.phase(collected.completedBy, status, seconds);
    if (client.signal.aborted) {
      await response.body?.cancel(client.signal.reason).catch(() => {});
      return;
    }

    const lastWords = () => (request === undefined ? undefined : metadata?.(request, response));
    if (collected.mayStream && isEventStream(response)) {
      yield* streamResponse(response, { maxBytes: maxAnswerBytes, client, failed, metadata: lastWords });
      return;
    }
    const whole = await toImmediateResponse(response, maxAnswerBytes, client.signal).catch(
      (error: unknown) => {
        failed(error);
        return toImmediateResponse(internalError(error), Number.POSITIVE_INFINITY, client.signal);
      },
    );
    if (client.signal.aborted) return;
    client.answered();
    yield withMetadata(whole, lastWords());
  };

  async function answer(collected: CollectedRequest, client: AbortSignal): Promise<Answer> {
    let request: Request | undefined;
    try {
      request = toRequest(collected, assumed, client);
    } catch {
      return { response: badRequestLine(), status: "error" };
    }
    const refusal = refuse(collected, request);
    if (refusal !== undefined) return { response: refusal, status: "error" };
    try {
      return { request, response: await fetch(request), status: "success" };
    } catch (error) {
      if (!client.aborted) failed(error);
      return { response: internalError(error), status: "error" };
    }
  }
}

/** The response to a request; without the request when the application has not seen it, or failed. */
interface Answer {
  request?: Request;
  response: Response;
  status: PhaseStatus;
}

/** What cannot be given to the application, because its body is not there. */
function refuse({ missing }: CollectedRequest, request: Request): Response | undefined {
  if (missing?.reason === "late") {
    return toErrorResponse({
      status: 408,
      message: "The request took too long to arrive.",
      type: "invalid_request_error",
      code: null,
    });
  }
  if (missing?.reason === "cut") {
    return toErrorResponse({
      status: 413,
      message: "The request body is longer than Envoy's buffer (per_connection_buffer_limit_bytes).",
      type: "invalid_request_error",
      code: "request_too_large",
    });
  }
  if (missing?.reason === "unseen" && request.method !== "GET" && request.method !== "HEAD") {
    return toErrorResponse({
      status: 500,
      message:
        "Envoy's ext_proc filter does not send request bodies (request_body_mode NONE). Set it to FULL_DUPLEX_STREAMED.",
      type: "server_error",
      code: "request_body_not_sent",
    });
  }
  return undefined;
}

function badRequestLine(): Response {
  return toErrorResponse({
    status: 400,
    message: "The method, host and path of the request do not make a valid request.",
    type: "invalid_request_error",
    code: "invalid_request_line",
  });
}

function internalError(error: unknown): Response {
  return toErrorResponse({
    status: 500,
    message:
      error instanceof AnswerTooLargeError ? error.message : "The gateway failed to answer the request.",
    type: "server_error",
    code: error instanceof AnswerTooLargeError ? "answer_too_large" : "internal_error",
  });
}

function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
}
