import { setTimeout as pause } from "node:timers/promises";
import { type ReconcileDeps, reconcileIndex } from "./reconcile-index.ts";

/** What {@link openIndexKeeper} works with. */
export interface IndexKeeperDeps extends ReconcileDeps {
  /** Called each time when the index was brought in step with the stores. */
  onInStep(): void;
  onFault(message: string, cause?: unknown): void;
  /** Milliseconds after the first failure, four times as many after each that follows it; a second if left out. */
  retryMs?: number | undefined;
}

/** Sees to it that the index has what the vector stores have. */
export interface IndexKeeper {
  /**
   * Compares the two and mends the index. What is asked for while this is done is done once more after it. A failure is
   * reported and tried again, after growing pauses, until it works. Resolves when the first attempt has ended, well
   * or not; never rejects.
   */
  compare(): Promise<void>;
  /** Resolves when nothing is under way; for use after the signal was aborted. */
  idle(): Promise<void>;
}

const longestPauseMs = 300_000;

/** Opens a keeper that works until `signal` is aborted. */
export function openIndexKeeper(deps: IndexKeeperDeps, signal: AbortSignal): IndexKeeper {
  let working: { all: Promise<void>; first: Promise<void> } | undefined;
  let again = false;

  /** Whether it worked. */
  async function attempt(): Promise<boolean> {
    try {
      const { lost, extra } = await reconcileIndex(deps, signal);
      if (lost > 0) deps.onFault(`the search index had lost ${lost} documents; they are taken in again`);
      if (extra > 0) deps.onFault(`${extra} documents that no vector store has were removed from the index`);
    } catch (cause) {
      if (!signal.aborted) {
        deps.onFault("the search index cannot be compared with the vector stores; it is tried again", cause);
      }
      return false;
    }
    if (!signal.aborted) deps.onInStep();
    return true;
  }

  async function work(onFirst: () => void): Promise<void> {
    for (let pauseMs = deps.retryMs ?? 1_000; !signal.aborted; ) {
      again = false;
      const worked = await attempt();
      onFirst();
      if (worked && !again) return;
      if (worked) continue;
      await pause(pauseMs, undefined, { signal, ref: false }).catch(() => {});
      pauseMs = Math.min(pauseMs * 4, longestPauseMs);
    }
  }

  return {
    compare() {
      again = true;
      if (working === undefined) {
        const { promise: first, resolve } = Promise.withResolvers<void>();
        const all = work(resolve).finally(() => {
          working = undefined;
          resolve();
        });
        working = { all, first };
      }
      return working.first;
    },
    async idle() {
      await working?.all;
    },
  };
}
