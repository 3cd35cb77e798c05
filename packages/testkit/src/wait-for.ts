import { setTimeout as pause } from "node:timers/promises";

/** Settings of `waitFor`. */
export interface WaitOptions {
  /** What is waited for, as the end of the sentence "timed out … waiting for". */
  what: string;
  /** Gives up after this many milliseconds; 10,000 when left out. */
  timeoutMs?: number;
  /** Milliseconds between two looks; 10 when left out. */
  everyMs?: number;
  /** Ends the wait early: the signal's reason is thrown. */
  signal?: AbortSignal;
}

/**
 * Polls a condition until it gives something truthy and returns that value.
 *
 * A condition that throws counts as "not yet". When time is up the error names what was waited for, and
 * its `cause` is the last thing the condition threw, so that a wrong address reads differently from a slow part.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 10_000, everyMs = 10, signal }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() >= deadline) {
      const because = lastError instanceof Error ? `: ${lastError.message}` : "";
      throw new Error(`Timed out after ${timeoutMs} ms waiting for ${what}${because}`, { cause: lastError });
    }
    await pause(everyMs);
  }
}
