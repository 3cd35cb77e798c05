import type { ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import type { Keeper } from "./keep-response.ts";

/** Milliseconds before the first try and the longest between two; each wait is twice the one before. */
const firstWait = 1_000;
const longestWait = 30_000;
/**
 * Responses that may wait at a time. Each holds its record and last events. What is more than these is left to the next
 * start, which ends what it finds unfinished.
 */
const mostWaiting = 1_000;

let waiting = 0;

/**
 * Goes on trying to store the end of a response that its caller has been told already, until it is stored or the process
 * ends, which it does not keep alive. Until then the response is one that runs, so that who reads its events is given the
 * last one, too. Nothing is done for a response that the store has nothing of.
 */
export function finishLater(
  id: string,
  keeper: Keeper,
  terminal: readonly ResponseEvent[],
  { tenant, onFault }: Pick<RequestScope, "tenant" | "onFault">,
  { running }: Pick<EngineDeps, "running">,
): void {
  if (!keeper.begins) return;
  if (waiting >= mostWaiting) {
    onFault("the end of a response was not stored, and too many wait for it; the next start ends it");
    return;
  }
  waiting++;
  const leave = running.enter(tenant, id);
  const tryAfter = (ms: number): void => {
    setTimeout(() => {
      keeper.finish([], terminal).then(
        () => {
          waiting--;
          leave();
        },
        () => tryAfter(Math.min(2 * ms, longestWait)),
      );
    }, ms).unref();
  };
  tryAfter(firstWait);
}
