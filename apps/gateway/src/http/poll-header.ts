import type { AppContext } from "./context.ts";

/** Milliseconds. Small files are taken in within that time; SDKs would wait five seconds by themselves. */
const pollAfter = 500;

/** Tells clients that poll for the end of work when to ask again. */
export function suggestPoll(c: AppContext, status: string): void {
  if (status === "in_progress") c.header("openai-poll-after-ms", String(pollAfter));
}
