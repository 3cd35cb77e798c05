import { ApiError } from "@gateway/protocol";
import { isGoodStatus } from "../upstream/is-good-status.ts";
import type { UpstreamExchange } from "../upstream/upstream-exchange.ts";
import { type FaultContext, fromErrorAnswer } from "./from-chat-error.ts";

/** Longest error body that is read, in bytes. */
const longestError = 64 * 1024;

/**
 * Throws what a client should see of a status that is not good ({@link fromErrorAnswer}). The body of a good one is left
 * unread.
 */
export async function checkStatus(exchange: UpstreamExchange, context: FaultContext): Promise<void> {
  const { status, headers } = exchange;
  if (isGoodStatus(status)) return;
  throw fromErrorAnswer({ status, headers, body: await readErrorBody(exchange) }, context);
}

/**
 * The body of an answer that tells of an error, as far as 64 KiB. Where it breaks off, its status still says enough: throws
 * only what is not an ApiError.
 */
export async function readErrorBody(exchange: UpstreamExchange): Promise<string> {
  try {
    return (await exchange.text(longestError)).text;
  } catch (thrown) {
    if (thrown instanceof ApiError) return "";
    throw thrown;
  }
}
