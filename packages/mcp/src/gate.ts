/** Lets so many through at a time; others wait in the order they came. */
export class Gate {
  readonly #width: number;
  #inside = 0;
  readonly #waiting = new Set<() => void>();

  constructor(width: number) {
    this.#width = width;
  }

  /** Runs the work when there is room. Rejects with the signal's reason where that is aborted before. */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    if (this.#inside >= this.#width) await this.#room(signal);
    else this.#inside++;
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      // Who comes next takes the place over.
      if (next === undefined) this.#inside--;
      else {
        this.#waiting.delete(next);
        next();
      }
    }
  }

  #room(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(enter);
        reject(signal.reason);
      };
      this.#waiting.add(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
