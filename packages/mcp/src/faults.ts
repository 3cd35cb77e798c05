import type { McpCallError } from "@gateway/protocol";
import { guardErrorIn } from "@gateway/web-guard";
import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { streamEnded } from "./transports.ts";

/** Longest message of a server that is passed on, in characters. */
const longestMessage = 2000;

/** The code that the protocol's libraries give a call that took too long. */
const timedOut = -32_001;

/** The HTTP status in what the library throws; undefined where it is of another kind. */
export function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof SdkHttpError) return thrown.status;
  if (thrown instanceof SseError) return thrown.code;
  if (thrown instanceof UnauthorizedError) return 401;
  const found = thrown instanceof Error ? /\(HTTP (\d{3})\)/.exec(thrown.message) : null;
  return found === null ? undefined : Number(found[1]);
}

/**
 * What went wrong, in the API's words. What a server has written is passed on only where the protocol has a place for
 * it: a page of HTML may repeat the headers it was sent.
 */
export function toCallError(thrown: unknown): McpCallError {
  const guarded = guardErrorIn(thrown);
  if (guarded !== undefined) return { type: "http_error", code: 0, message: guarded.message };
  if (thrown instanceof ProtocolError) {
    if (thrown.data === streamEnded) return broken;
    return { type: "mcp_protocol_error", code: thrown.code, message: cut(thrown.message) };
  }
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.RequestTimeout)
    return { type: "mcp_protocol_error", code: timedOut, message: "The server took too long to answer." };
  const status = statusOf(thrown);
  if (status !== undefined)
    return { type: "http_error", code: status, message: `The server answered with HTTP status ${status}.` };
  if (isUnreadable(thrown))
    return {
      type: "mcp_protocol_error",
      code: -32_603,
      message: "The server's answer is not one of the protocol.",
    };
  return broken;
}

/** True where the server has answered, and not in the words of the protocol: a page, or JSON of another kind. */
function isUnreadable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof SyntaxError || thrown.name === "ZodError") return true;
  if (thrown instanceof SdkError && unreadable.has(thrown.code)) return true;
  return isUnreadable(thrown.cause);
}

const unreadable: ReadonlySet<string> = new Set([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.ClientHttpUnexpectedContent,
]);

const broken: McpCallError = {
  type: "http_error",
  code: 0,
  message: "The connection to the server broke off.",
};

/** A server lists more tools than can be offered. */
export class TooManyTools extends Error {
  override readonly name = "TooManyTools";

  constructor(count: number) {
    super(`The server lists ${count} tools, which is more than can be offered.`);
  }
}

/** Why tools could not be listed, in one sentence. */
export function toReason(thrown: unknown): string {
  if (thrown instanceof TooManyTools) return thrown.message;
  const error = toCallError(thrown);
  if (error.type === "mcp_tool_execution_error") return "The server failed.";
  // What the server has written itself is marked as such.
  return thrown instanceof ProtocolError && error.type === "mcp_protocol_error"
    ? `The server answered: ${error.message}`
    : error.message;
}

/** True where the server did not take the request because it does not know the session (any more). */
export function isLostSession(thrown: unknown): boolean {
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.NotConnected) return true;
  const status = statusOf(thrown);
  return status === 404 || status === 400 || status === 410;
}

function cut(message: string): string {
  return message.length > longestMessage ? `${message.slice(0, longestMessage)}…`.toWellFormed() : message;
}
