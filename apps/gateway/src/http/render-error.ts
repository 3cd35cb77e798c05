import { ApiError, toErrorBody } from "@gateway/protocol";
import type { ContentfulStatusCode, StatusCode } from "hono/utils/http-status";
import type { Logger } from "../telemetry/logger.ts";
import type { AppContext } from "./context.ts";

/** nginx's status for the log: the client closed the connection before there was an answer. */
const clientClosedRequest = 499 as ContentfulStatusCode & StatusCode;

/**
 * Renders anything thrown as OpenAI's JSON error. What is not an {@link ApiError} is a fault of this server:
 * it is logged with its stack, and the client learns only that it happened.
 */
export function renderError(thrown: Error, c: AppContext): Response {
  const error = ApiError.from(thrown);
  // A client that has left reads no answer, and what its leaving broke is nobody's fault.
  if (c.req.raw.signal.aborted) return c.body(null, clientClosedRequest);
  logFault(error, c.get("log"));
  for (const [name, value] of Object.entries(errorHeaders(error))) c.header(name, value);
  return c.json(toErrorBody(error), error.status as ContentfulStatusCode);
}

/** Logs an error that is a fault of this server or of what it depends on. Shedding load is neither. */
export function logFault(error: ApiError, log: Logger | undefined): void {
  if (error.status >= 500 && error.status !== 503)
    log?.error({ err: error.cause ?? error, code: error.code }, error.message);
}

/** What an error says in headers. */
export function errorHeaders(error: ApiError): Record<string, string> {
  const headers: Record<string, string> = { ...error.headers };
  if (error.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(error.retryAfter));
  if (error.status === 401) headers["www-authenticate"] = "Bearer";
  // Trying again would fail the same way, or do again what was done: SDKs would do so by default.
  if (error.status === 409 || error.isFinal) headers["x-should-retry"] = "false";
  return headers;
}
