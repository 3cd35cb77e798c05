import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "@gateway/protocol";

/** Kinds of failure after which a request may be sent again: nothing of an answer has been seen. */
export type RetryOn = "connect" | "429" | "5xx";

/** When a request is sent again. */
export interface RetryPolicy {
  /** How often it is sent in all, the first time included. */
  attempts: number;
  on: readonly RetryOn[];
}

/** What holds where the configuration says nothing. */
export const defaultRetry: RetryPolicy = { attempts: 2, on: ["connect", "429", "5xx"] };

const firstPause = 100;
/** A server that asks for a longer wait (milliseconds) is not waited for: the client is told instead. */
const longestPause = 2_000;

/**
 * The kind of a failure that came before the answer, or undefined for one that would only come again: the
 * request's own fault, credentials, a used-up quota, or a server that is too slow.
 */
export function retryKindOf(error: unknown): RetryOn | undefined {
  if (!(error instanceof ApiError) || error.isFinal) return undefined;
  if (error.code === "upstream_unreachable") return "connect";
  // 503: the server says itself that it is overloaded.
  if (error.code === "upstream_error" || error.status === 503) return "5xx";
  if (error.status === 429) return "429";
  return undefined;
}

/**
 * Runs `attempt` until it succeeds, as often as the policy allows, with a growing pause that no two requests
 * share. Throws the last error, or the signal's reason once it is aborted.
 */
export async function withRetry<T>(
  policy: RetryPolicy,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      const kind = retryKindOf(thrown);
      if (tries >= policy.attempts || kind === undefined || !policy.on.includes(kind)) throw thrown;
      const asked = ((thrown as ApiError).retryAfter ?? 0) * 1000;
      if (asked > longestPause) throw thrown;
      const pause = Math.min(longestPause, firstPause * 2 ** (tries - 1));
      await rest(Math.max(asked, pause * (0.5 + Math.random() / 2)), signal);
    }
  }
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}
