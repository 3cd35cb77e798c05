import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";

const okStatus = { "grpc-status": "0" };

/** The trailers that end a call, well if there is no error. */
export function toStatus(error: ConnectError | undefined): Record<string, string> {
  if (error === undefined) return okStatus;
  return { "grpc-status": String(error.code), "grpc-message": toStatusMessage(error.rawMessage) };
}

/** What a handler threw as a gRPC error. A fault that is not one keeps its message for the log, as the cause. */
export function toCallError(thrown: unknown): ConnectError {
  if (thrown instanceof ConnectError) return thrown;
  return new ConnectError("the exchange failed", Code.Internal, undefined, undefined, thrown);
}

/** What a reset before the answer means. Envoy resets with INTERNAL_ERROR when its client has left (seen in 1.40). */
export function fromResetCode(code: number | undefined): ConnectError {
  switch (code) {
    case constants.NGHTTP2_NO_ERROR:
    case constants.NGHTTP2_CANCEL:
    case constants.NGHTTP2_INTERNAL_ERROR:
      return new ConnectError("the stream was cancelled", Code.Canceled);
    case constants.NGHTTP2_REFUSED_STREAM:
      return new ConnectError("the stream was refused", Code.Unavailable);
    case constants.NGHTTP2_ENHANCE_YOUR_CALM:
      return new ConnectError("the peer asked for calm", Code.ResourceExhausted);
    default:
      return new ConnectError(`the stream was reset with code ${code}`, Code.Internal);
  }
}

/** The value of `grpc-message`: percent-encoded UTF-8, since a header is ASCII only (gRPC over HTTP/2, Status-Message). */
export function toStatusMessage(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/g, (part) =>
    Array.from(Buffer.from(part), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
