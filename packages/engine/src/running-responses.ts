interface Running {
  /** Resolved when something has been logged, or it has ended; then replaced. */
  changed: PromiseWithResolvers<void>;
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
      running.changed.resolve();
    };
  }

  /** Wakes those who wait for a response: its log has grown. */
  notify(tenant: string, id: string): void {
    const running = this.#running.get(keyOf(tenant, id));
    if (running === undefined) return;
    running.changed.resolve();
    running.changed = Promise.withResolvers();
  }

  /**
   * Resolves when a response's log has grown after this call, or it has ended. Undefined when it does not run: then
   * its log does not grow any more.
   */
  changed(tenant: string, id: string): Promise<void> | undefined {
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
