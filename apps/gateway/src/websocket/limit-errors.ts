import { ApiError, badRequest } from "@gateway/protocol";

/** Seconds after which a client that was turned away may try again. */
const retryAfter = 5;

/** No connection may be opened beside those that are open. */
export function noPlace(): ApiError {
  return new ApiError("No more WebSockets can be opened at the moment. Please try again shortly.", {
    status: 503,
    type: "server_error",
    code: "server_is_overloaded",
    retryAfter,
  });
}

/** The tenant has as many connections as it may have. */
export function tooManyConnections(limit: number): ApiError {
  return new ApiError(`You have ${limit} WebSockets open already. Close some, or try again later.`, {
    status: 429,
    type: "rate_limit_error",
    code: "too_many_connections",
    retryAfter,
  });
}

/** The connection is as old as it may get. @param ms its age */
export function tooOld(ms: number): ApiError {
  const age = ms >= 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${ms / 1000} seconds`;
  return badRequest(`The WebSocket has reached its age limit of ${age}. Open another connection to go on.`, {
    code: "websocket_connection_limit_reached",
  });
}

/** All lanes that a connection may have are at work. */
export function tooManyLanes(limit: number): ApiError {
  return new ApiError(
    `No more than ${limit} lanes of a WebSocket may be at work at once. Wait until one has ended, or open another connection.`,
    {
      status: 429,
      type: "rate_limit_error",
      code: "websocket_stream_limit_reached",
      param: "stream_id",
    },
  );
}

/** No more may wait in the lane, or on the connection. */
export function queueIsFull(): ApiError {
  return new ApiError("Too many requests wait on this WebSocket. Send this one again when some have ended.", {
    status: 429,
    type: "rate_limit_error",
    code: "websocket_queue_limit_reached",
  });
}

/** The process is about to end. */
export function shuttingDown(): ApiError {
  return new ApiError("The server is shutting down. Please try again shortly.", {
    status: 503,
    type: "server_error",
    code: "server_is_shutting_down",
    retryAfter,
  });
}
