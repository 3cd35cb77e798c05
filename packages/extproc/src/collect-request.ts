import { Code, ConnectError } from "@connectrpc/connect";
import { continueRequestHeaders, continueResponse, withholdRequestBody } from "./continue-message.ts";
import type { HeaderValue } from "./gen/envoy/config/core/v3/base_pb.ts";
import { ProcessingMode_BodySendMode as BodyMode } from "./gen/envoy/extensions/filters/http/ext_proc/v3/processing_mode_pb.ts";
import type {
  ProcessingRequest,
  ProcessingResponse,
} from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { fromHeaderValue } from "./header-fields.ts";
import type { ExtProcObserver, RequestType } from "./observer.ts";

/** A request as far as Envoy has told it. */
export interface CollectedRequest {
  /** Undefined when Envoy's filter skips the headers. */
  readonly headers: readonly HeaderValue[] | undefined;
  /** The pieces of the body, in order. Empty when there is none, or when it was not collected. */
  readonly body: readonly Uint8Array[];
  /** Why the body was not collected whole. */
  readonly missing?: MissingBody;
  /** Whether Envoy takes a streamed answer here; otherwise only one whole answer. */
  readonly mayStream: boolean;
  /** The part that completed the request, and when it came (`performance.now()`). */
  readonly completedBy: RequestType;
  readonly completedAt: number;
}

/**
 * `over_limit`: more than is allowed; `bytes` is what the request declares, or what was counted so far.
 * `late`: its end did not come in time. `cut`: Envoy sends no more than fits its own buffer. `unseen`: Envoy's filter
 * sends no bodies at all.
 */
export type MissingBody = { reason: "over_limit"; bytes: number } | { reason: "late" | "cut" | "unseen" };

/** How much to collect, and how patiently. */
export interface CollectLimits {
  readonly maxBodyBytes: number;
  /** Milliseconds from the first part of a request to its last. */
  readonly receiveTimeoutMs: number;
}

/**
 * Reads `messages` until the request is complete, and yields what Envoy needs to be told meanwhile: nothing in
 * FULL_DUPLEX_STREAMED, where any word would be taken for the answer.
 *
 * A body of more than `maxBodyBytes` is given up as soon as that is known, and so is one in a message that the port
 * does not take: Envoy's buffering modes send it whole, however long. Parts of a response, which a filter
 * should not send here, are told to pass. Returns undefined when the stream ends before the request does, and in
 * observability mode, where Envoy listens to no answer and no time runs.
 *
 * @throws what `messages` throws: the stream broke.
 */
export async function* collectRequest(
  messages: AsyncIterable<ProcessingRequest>,
  { maxBodyBytes, receiveTimeoutMs }: CollectLimits,
  observer: ExtProcObserver,
): AsyncGenerator<ProcessingResponse, CollectedRequest | undefined, undefined> {
  // Not a `for await`: leaving that early would call return(), which destroys some transports' streams.
  const iterator = messages[Symbol.asyncIterator]();
  const body: Uint8Array[] = [];
  let headers: readonly HeaderValue[] | undefined;
  let declared: number | undefined;
  let bytes = 0;
  let mode: BodyMode | undefined;
  let mayStream = false;
  let responseFullDuplex = false;
  let observing = false;
  const giveUp = (missing: MissingBody): CollectedRequest => ({
    headers,
    body: [],
    missing,
    mayStream,
    completedBy: "RequestBody",
    completedAt: performance.now(),
  });
  const late = Promise.withResolvers<undefined>();
  let timer: NodeJS.Timeout | undefined;

  try {
    for (let first = true; ; first = false) {
      let message: ProcessingRequest;
      try {
        const next = iterator.next();
        const result = timer === undefined ? await next : await Promise.race([next, late.promise]);
        if (result === undefined) {
          // Nobody waits for it any more, and it fails when the stream ends.
          next.catch(() => {});
          return giveUp({ reason: "late" });
        }
        if (result.done) return undefined;
        message = result.value;
      } catch (error) {
        if (observing || !isMessageTooLong(error)) throw error;
        return giveUp({
          reason: "over_limit",
          bytes: Math.max(bytes, declared ?? 0, maxBodyBytes + 1),
        });
      }
      const receivedAt = performance.now();
      observing = message.observabilityMode;
      if (observing) continue;
      if (first) timer = setTimeout(late.resolve, receiveTimeoutMs, undefined);
      if (first && message.protocolConfig !== undefined) {
        mode = message.protocolConfig.requestBodyMode;
        mayStream = mode === BodyMode.FULL_DUPLEX_STREAMED || mode === BodyMode.NONE;
        responseFullDuplex = message.protocolConfig.responseBodyMode === BodyMode.FULL_DUPLEX_STREAMED;
      }

      const complete = (completedBy: RequestType, missing?: MissingBody): CollectedRequest => ({
        headers,
        body: missing === undefined ? body : [],
        ...(missing && { missing }),
        mayStream,
        completedBy,
        completedAt: receivedAt,
      });

      const part = message.request;
      switch (part.case) {
        case "requestHeaders": {
          headers = part.value.headers?.headers ?? [];
          if (part.value.endOfStream) return complete("RequestHeaders");
          declared = declaredLength(headers);
          if (declared > maxBodyBytes)
            return complete("RequestHeaders", { reason: "over_limit", bytes: declared });
          if (mode === BodyMode.NONE) return complete("RequestHeaders", { reason: "unseen" });
          if (mode !== BodyMode.FULL_DUPLEX_STREAMED) yield continueRequestHeaders;
          observer.phase("RequestHeaders", "success", (performance.now() - receivedAt) / 1000);
          break;
        }
        case "requestBody": {
          const piece = part.value.body;
          bytes += piece.length;
          if (bytes > maxBodyBytes) {
            return complete("RequestBody", { reason: "over_limit", bytes: Math.max(bytes, declared ?? 0) });
          }
          if (piece.length > 0) body.push(piece);
          if (part.value.endOfStream) return complete("RequestBody");
          // These two send one message, whole or cut; if it is not the end, nothing but trailers follows.
          if (mode === BodyMode.BUFFERED) return complete("RequestBody");
          if (mode === BodyMode.BUFFERED_PARTIAL) {
            return complete("RequestBody", bytes === declared ? undefined : { reason: "cut" });
          }
          if (mode !== BodyMode.FULL_DUPLEX_STREAMED) yield withholdRequestBody;
          observer.phase("RequestBody", "success", (performance.now() - receivedAt) / 1000);
          break;
        }
        case "requestTrailers":
          return complete("RequestTrailers");
        case undefined:
          break;
        default:
          // Somebody else has answered already: it is too late for a word about the request.
          clearTimeout(timer);
          yield continueResponse(part, responseFullDuplex);
          observer.phase(responseParts[part.case], "success", (performance.now() - receivedAt) / 1000);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

const responseParts = {
  responseHeaders: "ResponseHeaders",
  responseBody: "ResponseBody",
  responseTrailers: "ResponseTrailers",
} as const;

/** Whether a message was refused unread because of its length. */
function isMessageTooLong(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.ResourceExhausted;
}

/** The content-length of a request; 0 when there is none or it is no number. */
function declaredLength(headers: readonly HeaderValue[]): number {
  for (const header of headers) {
    if (header.key !== "content-length") continue;
    const length = Number(fromHeaderValue(header));
    return Number.isSafeInteger(length) ? length : 0;
  }
  return 0;
}
