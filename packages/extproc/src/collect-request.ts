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
 * `cut`: Envoy sends no more than fits its own buffer. `unseen`: Envoy's filter sends no bodies at all.
 */
export type MissingBody = { reason: "over_limit"; bytes: number } | { reason: "cut" } | { reason: "unseen" };

/**
 * Reads `messages` until the request is complete, and yields what Envoy needs to be told meanwhile: nothing in
 * FULL_DUPLEX_STREAMED, where any word would be taken for the answer.
 *
 * A body of more than `maxBodyBytes` is given up as soon as that is known. Parts of a response, which a filter
 * should not send here, are told to pass. Returns undefined when the stream ends before the request does, and in
 * observability mode, where Envoy listens to no answer.
 *
 * @throws what `messages` throws: the stream broke.
 */
export async function* collectRequest(
  messages: AsyncIterable<ProcessingRequest>,
  maxBodyBytes: number,
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

  for (let first = true; ; first = false) {
    const { done, value: message } = await iterator.next();
    if (done) return undefined;
    const receivedAt = performance.now();
    if (message.observabilityMode) continue;
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
        yield continueResponse(part, responseFullDuplex);
        observer.phase(responseParts[part.case], "success", (performance.now() - receivedAt) / 1000);
    }
  }
}

const responseParts = {
  responseHeaders: "ResponseHeaders",
  responseBody: "ResponseBody",
  responseTrailers: "ResponseTrailers",
} as const;

/** The content-length of a request; 0 when there is none or it is no number. */
function declaredLength(headers: readonly HeaderValue[]): number {
  for (const header of headers) {
    if (header.key !== "content-length") continue;
    const length = Number(fromHeaderValue(header));
    return Number.isSafeInteger(length) ? length : 0;
  }
  return 0;
}
