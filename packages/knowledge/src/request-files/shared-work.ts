/** Does work once for everybody who asks for it at the same time. */
export class SharedWork<T> {
  readonly #running = new Map<string, { result: Promise<T>; stop: AbortController; waiting: number }>();

  /**
   * Joins the work that is under way for `key`, or begins it. It is aborted when nobody waits for it any more.
   *
   * @throws what the work throws, or the signal's reason.
   */
  async run(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const shared = this.#running.get(key) ?? this.#begin(key, work);
    shared.waiting++;
    const left = Promise.withResolvers<never>();
    const leave = (): void => left.reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([shared.result, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
      if (--shared.waiting === 0) {
        // Who comes from now on must not join work that was aborted.
        if (this.#running.get(key) === shared) this.#running.delete(key);
        shared.stop.abort(new Error("Nobody waits for this any more."));
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>) {
    const stop = new AbortController();
    const shared = { result: work(stop.signal), stop, waiting: 0 };
    shared.result.catch(() => {});
    this.#running.set(key, shared);
    return shared;
  }
}
