import type { VectorStores } from "@gateway/engine";
import { LRUCache } from "lru-cache";

/**
 * Notes that stores are used, at most once a minute for each: expiry is counted in days, and a search should not
 * have to wait for a write. A failure is reported and does not end the search.
 */
export class StoreTouches {
  readonly #deps: Pick<TouchDeps, "vectorStores" | "now" | "onFault">;
  /** When each store was noted last, in milliseconds. */
  readonly #last = new LRUCache<string, number>({ max: 10_000 });

  constructor(deps: TouchDeps) {
    this.#deps = deps;
  }

  async touch(tenant: string, storeIds: readonly string[]): Promise<void> {
    const now = this.#deps.now();
    const due = storeIds.filter((id) => now - (this.#last.get(id) ?? Number.NEGATIVE_INFINITY) >= intervalMs);
    if (due.length === 0) return;
    for (const id of due) this.#last.set(id, now);
    try {
      await this.#deps.vectorStores.touch(tenant, due, Math.floor(now / 1000));
    } catch (cause) {
      for (const id of due) this.#last.delete(id);
      this.#deps.onFault("the last use of a vector store could not be noted", cause);
    }
  }
}

interface TouchDeps {
  vectorStores: VectorStores;
  now(): number;
  onFault(message: string, cause?: unknown): void;
}

const intervalMs = 60_000;
