import type { EventBatch } from "./stores.ts";

interface Running {
  /** Resolved with what has been logged, or with nothing when it has ended; then replaced. */
  changed: PromiseWithResolvers<EventBatch | undefined>;
}

/**
 * The responses that this process works on or has queued and whose events are logged: who waits for them is woken
 * here.
 */
export class RunningResponses {
  readonly #running = new Map<string, Running>();

  /** Enters a response. What is returned takes it out again, and wakes all who wait. */
  enter(tenant: string, id: string): () => void {
    const key = keyOf(tenant, id);
    const running: Running = { changed: Promise.withResolvers() };
    this.#running.set(key, running);
    return () => {
      if (this.#running.get(key) === running) this.#running.delete(key);
      running.changed.resolve(undefined);
    };
  }

  /** Wakes those who wait for a response: its log has grown by this. */
  notify(tenant: string, id: string, logged: EventBatch | undefined): void {
    const running = this.#running.get(keyOf(tenant, id));
    if (running === undefined) return;
    running.changed.resolve(logged);
    running.changed = Promise.withResolvers();
  }

  /**
   * Resolves when a response's log has grown after this call, with what it has grown by, or when it has ended.
   * Undefined when it does not run: then its log does not grow any more.
   */
  changed(tenant: string, id: string): Promise<EventBatch | undefined> | undefined {
    return this.#running.get(keyOf(tenant, id))?.changed.promise;
  }

  /** Resolves when a response does not run any more. */
  async ended(tenant: string, id: string): Promise<void> {
    for (let changed = this.changed(tenant, id); changed; changed = this.changed(tenant, id)) await changed;
  }
}

function keyOf(tenant: string, id: string): string {
  // Ids have no spaces; a tenant may.
  return `${id} ${tenant}`;
}
