/** Runs work one after the other for each key, in the order it was asked for. Held in this process. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** Runs `work` once everything before it for this key has ended, well or not. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last.set(key, promise);
    try {
      await before;
      return await work();
    } finally {
      if (this.#last.get(key) === promise) this.#last.delete(key);
      resolve();
    }
  }
}
