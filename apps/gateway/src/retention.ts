import { setTimeout as sleep } from "node:timers/promises";
import type { Retention, RetentionLimits } from "@gateway/store";
import type { Config } from "./config/config.ts";
import { type Clocks, SteadyClock } from "./steady-clock.ts";
import type { Logger } from "./telemetry/logger.ts";

/** What {@link startRetention} works with. */
export interface RetentionDeps {
  retention: Retention;
  log: Pick<Logger, "info" | "warn">;
  /** The process's own when left out. */
  clocks?: Clocks;
}

/** Time for requests between two slices of a sweep, each of which takes a few milliseconds. */
const pauseMs = 10;

type Settings = Config["store"]["retention"];

/**
 * Removes what is over, now and every interval from now on, in small slices. Its timers keep no process alive; trouble
 * is logged, and tried again by the next sweep.
 */
export function startRetention(settings: Settings, deps: RetentionDeps): { close(): Promise<void> } {
  const closing = new AbortController();
  const running = sweepEvery(settings, deps, closing.signal);
  return {
    close() {
      closing.abort();
      return running;
    },
  };
}

/** Sweeps until the signal is aborted; never rejects. */
async function sweepEvery(settings: Settings, deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  const { log, clocks = { now: Date.now, passed: () => performance.now() } } = deps;
  const clock = new SteadyClock(clocks);
  const said = { set: false, tooLarge: false };
  const warnOnce = (key: keyof typeof said, isSo: boolean, message: string) => {
    if (isSo && !said[key]) log.warn(message);
    said[key] = isSo;
  };
  while (!signal.aborted) {
    const now = clock.read();
    warnOnce("set", now === undefined, "the clock was set; for an hour nothing is removed for its age");
    try {
      const isTooLarge = await sweep(toLimits(settings, now), deps, signal);
      warnOnce(
        "tooLarge",
        isTooLarge,
        "the database is larger than store.retention.max_bytes, and no response that has ended is left to remove",
      );
    } catch (error) {
      log.warn({ err: error }, "what is over could not be removed; it is tried again");
    }
    await pause(settings.interval, signal);
  }
}

/** Removes all that is over, slice by slice. True when the store is too large all the same. */
async function sweep(
  limits: RetentionLimits,
  { retention, log }: RetentionDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const removed = { responses: 0, event_logs: 0, conversations: 0, idempotency_keys: 0 };
  for (;;) {
    const slice = await retention.sweep(limits);
    removed.responses += slice.responses;
    removed.event_logs += slice.eventLogs;
    removed.conversations += slice.conversations;
    removed.idempotency_keys += slice.idempotencyKeys;
    if (!slice.more || signal.aborted) {
      if (Object.values(removed).some((count) => count > 0))
        log.info(removed, "retention removed what was over");
      return slice.isTooLarge;
    }
    await pause(pauseMs, signal);
  }
}

/** The limits of a sweep. Without a time to be trusted only the one that needs none. */
function toLimits(settings: Settings, now?: number): RetentionLimits {
  const { responses, events, conversations, idempotency_keys, max_bytes } = settings;
  const before = (age: number | undefined): number | undefined =>
    age === undefined || now === undefined ? undefined : Math.floor((now - age) / 1000);
  return {
    responsesBefore: before(responses),
    eventsBefore: before(events),
    conversationsBefore: before(conversations),
    idempotencyKeysBefore: before(idempotency_keys),
    maxBytes: max_bytes,
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {});
}
