import type {
  BodyMutation,
  BodyResponse,
  CommonResponse,
  HeadersResponse,
  ProcessingRequest,
  ProcessingResponse,
} from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { CommonResponse_ResponseStatus } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";

type Answer = ProcessingResponse["response"];
type ResponsePart = Extract<
  ProcessingRequest["request"],
  { case: "responseHeaders" | "responseBody" | "responseTrailers" }
>;

const unchanged: HeadersResponse = { $typeName: "envoy.service.ext_proc.v3.HeadersResponse" };

/** Lets the request's headers pass, unchanged. One message for all streams: it is never written to. */
export const continueRequestHeaders = toMessage({ case: "requestHeaders", value: unchanged });

/**
 * Answers a piece of a streamed request body, and keeps the piece from whatever is behind Envoy's route: the
 * processor is the backend, nobody else is to see the request.
 */
export const withholdRequestBody = toMessage({
  case: "requestBody",
  value: toBodyResponse({ case: "clearBody", value: true }),
});

const continueResponseHeaders = toMessage({ case: "responseHeaders", value: unchanged });
const continueResponseBody = toMessage({ case: "responseBody", value: toBodyResponse() });
const continueResponseTrailers = toMessage({
  case: "responseTrailers",
  value: { $typeName: "envoy.service.ext_proc.v3.TrailersResponse" },
});

/**
 * Lets a part of a response pass, unchanged. `fullDuplex` says that the response's body is sent in the mode
 * FULL_DUPLEX_STREAMED, where Envoy passes on only what it is given back.
 */
export function continueResponse(part: ResponsePart, fullDuplex: boolean): ProcessingResponse {
  switch (part.case) {
    case "responseHeaders":
      return continueResponseHeaders;
    case "responseTrailers":
      return continueResponseTrailers;
    case "responseBody": {
      if (!fullDuplex) return continueResponseBody;
      const { body, endOfStream } = part.value;
      const piece = {
        $typeName: "envoy.service.ext_proc.v3.StreamedBodyResponse",
        body,
        endOfStream,
      } as const;
      return toMessage({
        case: "responseBody",
        value: toBodyResponse({ case: "streamedResponse", value: piece }),
      });
    }
  }
}

function toMessage(response: Answer): ProcessingResponse {
  return { $typeName: "envoy.service.ext_proc.v3.ProcessingResponse", response };
}

function toBodyResponse(mutation?: BodyMutation["mutation"]): BodyResponse {
  if (mutation === undefined) return { $typeName: "envoy.service.ext_proc.v3.BodyResponse" };
  const response: CommonResponse = {
    $typeName: "envoy.service.ext_proc.v3.CommonResponse",
    status: CommonResponse_ResponseStatus.CONTINUE,
    bodyMutation: { $typeName: "envoy.service.ext_proc.v3.BodyMutation", mutation },
    clearRouteCache: false,
  };
  return { $typeName: "envoy.service.ext_proc.v3.BodyResponse", response };
}
