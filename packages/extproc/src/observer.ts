import { Code, type ConnectError } from "@connectrpc/connect";
import type { ProcessingResponse } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";

/** The parts of an exchange, under the names that the metrics of external processors use. */
export type RequestType =
  | "RequestHeaders"
  | "RequestBody"
  | "RequestTrailers"
  | "ResponseHeaders"
  | "ResponseBody"
  | "ResponseTrailers";

/** Whether a part of an exchange could be processed. */
export type PhaseStatus = "success" | "error";

/**
 * How a stream ended: with its answer; by Envoy's half-close before one (`eof`); because Envoy cancelled it, which
 * is what a client that leaves looks like; at its deadline; or by a fault.
 */
export type StreamCloseReason = "answered" | "eof" | "canceled" | "deadline_exceeded" | "error";

/** Is told what happens on the streams. Calls are synchronous and must not throw. */
export interface ExtProcObserver {
  /**
   * One part of an exchange was processed. For the part that completed the request, `seconds` run until the first
   * byte of the answer is known; for the others, until they were read or told to continue.
   */
  phase(requestType: RequestType, status: PhaseStatus, seconds: number): void;

  /**
   * A stream or its answer failed. `errorType` is the name of the gRPC code, such as `Unavailable`; `error` is for
   * the log. Cancellation, deadlines and a normal end are not errors and are not told here.
   */
  streamError(errorType: string, error?: unknown): void;

  /** A stream ended. Told once per stream. */
  streamClosed(reason: StreamCloseReason): void;
}

/** Observes nothing. */
export const silentObserver: ExtProcObserver = {
  phase() {},
  streamError() {},
  streamClosed() {},
};

/** Sums up one stream for an observer. Exactly one of `ended` and `failed` counts, the first. */
export interface StreamOutcome {
  /** A message was handed over to the transport. */
  sent(response: ProcessingResponse): void;
  /** The handler returned. */
  ended(): void;
  /** The stream broke or the handler threw. */
  failed(error: ConnectError): void;
}

/** Starts the summary of one stream. */
export function trackStream(observer: ExtProcObserver): StreamOutcome {
  let answered = false;
  let closed = false;
  const close = (reason: StreamCloseReason) => {
    closed = true;
    observer.streamClosed(reason);
  };
  return {
    sent(response) {
      answered = endsExchange(response);
    },
    ended() {
      if (!closed) close(answered ? "answered" : "eof");
    },
    failed(error) {
      if (closed) return;
      // Envoy may reset the stream as soon as it has read the last message.
      if (answered) return close("answered");
      if (error.code === Code.Canceled) return close("canceled");
      if (error.code === Code.DeadlineExceeded) return close("deadline_exceeded");
      close("error");
      observer.streamError(Code[error.code], error);
    },
  };
}

/** Whether Envoy needs no further message after this one. */
function endsExchange({ response }: ProcessingResponse): boolean {
  if (response.case === "immediateResponse") return true;
  if (response.case !== "streamedImmediateResponse") return false;
  const piece = response.value.response;
  return piece.case === "trailersResponse" || (piece.case !== undefined && piece.value.endOfStream);
}
