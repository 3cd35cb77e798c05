interface Waiting {
  work: object;
  begin: () => void;
}

/**
 * Turns to work on what takes long. There is one in each round of the event loop, whoever wants them: so many checks at
 * once hold others up no longer than one. Each work has its first turn soon; what is not done with that goes on one after
 * the other, every other round, so that no two fill the memory at a time.
 */
export class Turns {
  /** True where somebody has had the turn of this round. */
  #taken = false;
  /** Those that wait for their first turn, and for further ones. */
  readonly #fresh: Waiting[] = [];
  readonly #begun: Waiting[] = [];
  /** The one that is to be done before others go on. */
  #current: object | undefined;
  #wasFresh = false;

  /**
   * Waits for the next turn of a work, of which it is the `first` or not. Throws the signal's reason once that is aborted,
   * also while it waits. Who has begun has to {@link end}, whatever happens.
   */
  async next(work: object, first: boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (first && !this.#taken && this.#fresh.length === 0) {
      this.#wasFresh = true;
      this.#endWithRound();
      return;
    }
    const line = first ? this.#fresh : this.#begun;
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        line.splice(line.indexOf(place), 1);
        reject(signal?.reason as Error);
      };
      const begin = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const place: Waiting = { work, begin };
      signal?.addEventListener("abort", leave, { once: true });
      line.push(place);
      if (!this.#taken) this.#endWithRound();
    });
  }

  /** Says that a work wants no more turns. */
  end(work: object): void {
    if (this.#current === work) this.#current = undefined;
  }

  #endWithRound(): void {
    this.#taken = true;
    setImmediate(() => {
      this.#taken = false;
      const next = this.#choose();
      if (next !== undefined || this.#begun.length > 0) this.#endWithRound();
      next?.begin();
    });
  }

  #choose(): Waiting | undefined {
    const at = this.#current === undefined ? 0 : this.#begun.findIndex(({ work }) => work === this.#current);
    const begun = this.#begun[at];
    this.#wasFresh = begun === undefined || (this.#fresh.length > 0 && !this.#wasFresh);
    if (this.#wasFresh) return this.#fresh.shift();
    this.#begun.splice(at, 1);
    this.#current = begun?.work;
    return begun;
  }
}

/** The turns of this process. */
export const turns = new Turns();
