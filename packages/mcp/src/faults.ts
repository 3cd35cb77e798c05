import type { McpCallError } from "@gateway/protocol";
import { guardErrorIn, type SentKeys } from "@gateway/web-guard";
import {
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
  SseError,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { streamEnded, streamUnreadable } from "./transports.ts";

/** Longest message of a server that is passed on, in characters. */
const longestMessage = 2000;

/** Pages of a list that are asked for. */
export const maxPages = 32;

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
 * it: a page of HTML may repeat the headers it was sent. What the server was sent (`keys`) is taken out.
 */
export function toCallError(thrown: unknown, keys: SentKeys): McpCallError {
  const guarded = guardErrorIn(thrown);
  if (guarded !== undefined)
    return { type: "http_error", code: 0, message: keys.removeFrom(guarded.message) };
  if (thrown instanceof ProtocolError) {
    if (!isOfServer(thrown)) return thrown.data === streamUnreadable ? unreadable : broken;
    return { type: "mcp_protocol_error", code: thrown.code, message: cut(thrown.message, keys) };
  }
  const known = thrown instanceof SdkError ? byCode[thrown.code] : undefined;
  if (known !== undefined) return known;
  const status = statusOf(thrown);
  if (status !== undefined)
    return { type: "http_error", code: status, message: `The server answered with HTTP status ${status}.` };
  if (thrown instanceof RangeError) return fault("The server's answer nests too deep.");
  return isUnreadable(thrown) ? unreadable : broken;
}

/** True for an error that the server has answered with; others stand in for answers which did not come. */
function isOfServer({ data }: ProtocolError): boolean {
  return data !== streamEnded && data !== streamUnreadable;
}

/** True for what is thrown where a server has answered, and not in the words of the protocol: a page, or JSON of another kind. */
export function isUnreadable(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown instanceof SyntaxError || thrown.name === "ZodError") return true;
  return (thrown instanceof SdkError && byCode[thrown.code] === unreadable) || isUnreadable(thrown.cause);
}

/** Something that is wrong with what the server says. */
function fault(message: string): McpCallError {
  return { type: "mcp_protocol_error", code: -32_603, message };
}

const unreadable = fault("The server's answer is not one of the protocol.");

/** What the library knows by a code of its own. */
const byCode: Readonly<Record<string, McpCallError>> = {
  [SdkErrorCode.RequestTimeout]: {
    type: "mcp_protocol_error",
    code: timedOut,
    message: "The server took too long to answer.",
  },
  [SdkErrorCode.InvalidResult]: unreadable,
  [SdkErrorCode.ClientHttpUnexpectedContent]: unreadable,
  [SdkErrorCode.UnsupportedResultType]: fault(
    "The server asks for more in between, which nobody here can give.",
  ),
  [SdkErrorCode.ListPaginationExceeded]: fault(`The server's list of tools has more than ${maxPages} pages.`),
};

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

/** Why tools could not be listed, in one sentence, without what the server was sent (`keys`). */
export function toReason(thrown: unknown, keys: SentKeys): string {
  if (thrown instanceof TooManyTools) return thrown.message;
  const error = toCallError(thrown, keys);
  if (error.type === "mcp_tool_execution_error") return "The server failed.";
  // What the server has written itself is marked as such.
  return thrown instanceof ProtocolError && isOfServer(thrown)
    ? `The server answered: ${error.message}`
    : error.message;
}

/** True where the server did not take the request because it does not know the session (any more). */
export function isLostSession(thrown: unknown): boolean {
  if (thrown instanceof SdkError && thrown.code === SdkErrorCode.NotConnected) return true;
  const status = statusOf(thrown);
  return status === 404 || status === 400 || status === 410;
}

/** What a server has written, without keys. It is never cut within one: nobody would know the rest for a key any more. */
function cut(message: string, keys: SentKeys): string {
  if (message.length <= longestMessage) return keys.removeFrom(message);
  return `${keys.removeFrom(message.slice(0, keys.edgeBefore(message, longestMessage))).toWellFormed()}…`;
}
