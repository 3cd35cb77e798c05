import { type ApiError, toErrorBody } from "@gateway/protocol";
import { errorHeaders } from "../http/render-error.ts";

/**
 * Renders an error as a message: what over HTTP are status, body and headers. `headers` are added to those that the
 * error itself has, and `stream_id` where the request that it answers had one.
 */
export function renderErrorFrame(
  error: ApiError,
  streamId?: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = { ...headers, ...errorHeaders(error) };
  return JSON.stringify({
    type: "error",
    status: error.status,
    error: { ...toErrorBody(error).error, ...(Object.keys(all).length > 0 && { headers: all }) },
    ...(streamId !== undefined && { stream_id: streamId }),
  });
}

/** What became of a piece of steering input, beside `type`, `sequence_number` and lane. */
export type SteerEvent =
  | { type: "response.steer.accepted"; steer: { id: string; previous_response_id: string } }
  | {
      type: "response.steer.pending";
      steer: { id: string; previous_response_id: string };
      reason: "waiting_for_required_input";
      required_input: readonly object[];
    }
  | {
      type: "response.steer.failed";
      error: { type: "invalid_request_error"; code: SteerErrorCode; message: string };
      /** Without `id` where the input was not accepted. */
      steer: { id?: string; previous_response_id: string; input: unknown };
    };

/** Why steering input does not become a response. */
export type SteerErrorCode =
  | "response_not_found"
  | "invalid_input"
  | "steering_not_supported"
  | "too_many_pending_steers"
  | "response_already_completed"
  | "response_not_active"
  | "successor_creation_failed";

/**
 * Renders a steering event. Its number counts the steering events of the connection, from 0: numbers of a response's own
 * events have no gaps and are the same when it is replayed, where steering events are not told.
 */
export function renderSteerFrame(event: SteerEvent, sequenceNumber: number, streamId?: string): string {
  const { type, ...rest } = event;
  return JSON.stringify({
    type,
    sequence_number: sequenceNumber,
    ...rest,
    ...(streamId !== undefined && { stream_id: streamId }),
  });
}
