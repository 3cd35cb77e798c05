import { isGoodStatus } from "../upstream/is-good-status.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** Longest body that is read of an answer that is none, in bytes: its beginning says why. */
const longestError = 64 * 1024;

/** A small question to a model server, beside its chat. */
export interface Question {
  method: "GET" | "POST";
  /** Path below the base address, with its slash. */
  path: string;
  /** True for a path that lies beside the base's `/v1`, not below it. */
  atRoot?: boolean;
  body?: unknown;
  /** Most bytes of the answer that are read, given how many were sent. */
  longest(sent: number): number;
  /** Milliseconds that the whole answer may take. */
  limit: number;
  signal: AbortSignal;
}

/** What a server said. */
export interface Reply {
  status: number;
  /** The body as it came. It is not parsed: what is looked for in it is a small part, and the rest may be anything. */
  text: string;
  /** False where the text is only the beginning of the body, which was longer than it may be. */
  complete: boolean;
}

/**
 * Asks a server and reads its answer, whatever its status. Throws what {@link Upstream.send} throws, the time-out
 * included.
 */
export async function askServer(upstream: Upstream, question: Question): Promise<Reply> {
  const { method, path, atRoot = false, limit, signal } = question;
  const body = question.body === undefined ? undefined : JSON.stringify(question.body);
  const exchange = await upstream.send({
    method,
    path,
    atRoot,
    ...(body !== undefined && { body }),
    deadline: performance.now() + limit,
    timeouts: { total: limit, firstByte: limit, idle: limit },
    signal,
  });
  const { status } = exchange;
  const { text, complete } = await exchange.text(
    isGoodStatus(status) ? question.longest(body?.length ?? 0) : longestError,
  );
  return { status, text, complete };
}
