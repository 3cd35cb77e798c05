import { ApiError, internal } from "@gateway/protocol";

/** The server cannot be connected to, or hung up before it answered. */
export function unreachable(backend: string, cause: unknown): ApiError {
  const why = reasonOf(cause);
  return internal(`The backend '${backend}' cannot be reached${why === undefined ? "" : ` (${why})`}.`, {
    code: "upstream_unreachable",
    cause,
  });
}

/** The server took longer than it may: `what` says what it did ("sent nothing for"), `limit` is in milliseconds. */
export function timedOut(backend: string, what: string, limit: number): ApiError {
  return internal(`The backend '${backend}' ${what} ${limit / 1000} s.`, {
    code: "upstream_timeout",
  });
}

/** The connection broke in the middle of the answer. */
export function cutOff(backend: string, cause?: unknown): ApiError {
  return internal(`The connection to the backend '${backend}' broke in the middle of its answer.`, {
    code: "upstream_cut",
    cause,
  });
}

/** The answer cannot be what was asked for; `what` says what it is instead. */
export function garbage(backend: string, what: string, cause?: unknown): ApiError {
  return internal(`The backend '${backend}' sent an answer that cannot be read: ${what}.`, {
    code: "upstream_garbage",
    cause,
  });
}

/**
 * What reading an answer threw. Anything but an ApiError means that a part of it has a form no reader reckons with
 * (null in a list, errors within errors without end): the server's fault, not the gateway's.
 */
export function fromUnreadable(thrown: unknown, backend: string): ApiError {
  return thrown instanceof ApiError ? thrown : garbage(backend, "a part of it has an unknown form", thrown);
}

/** The short name of a network error: ECONNREFUSED, ENOTFOUND, UND_ERR_CONNECT_TIMEOUT. Never its message. */
function reasonOf(cause: unknown): string | undefined {
  if (typeof cause !== "object" || cause === null) return undefined;
  const { code, errors } = cause as { code?: unknown; errors?: unknown };
  if (typeof code === "string") return code;
  return Array.isArray(errors) ? reasonOf(errors[0]) : undefined;
}
