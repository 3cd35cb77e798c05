/** Commits that may follow each other without a pause. */
const burst = 16;

/**
 * Says when writes that can wait a little are to be committed. A commit costs as much as ten of the rows that it
 * is made for, so while many responses stream, the tokens of some milliseconds go into one; while few do, each is
 * committed at once, and nothing waits.
 */
export class CommitPace {
  readonly #everyMs: number;
  readonly #now: () => number;
  /** Commits that may be made at once; grows with time. */
  #credit = burst;
  #last = Number.NEGATIVE_INFINITY;

  /** `everyMs` is the pause between commits under load, in milliseconds. */
  constructor(everyMs: number, now: () => number = () => performance.now()) {
    this.#everyMs = everyMs;
    this.#now = now;
  }

  /** Milliseconds to wait before the next commit; 0 for none. */
  pause(): number {
    this.#refill();
    return this.#credit >= 1 ? 0 : this.#everyMs;
  }

  /** A commit was made. */
  spend(): void {
    this.#refill();
    this.#credit = Math.max(0, this.#credit - 1);
  }

  #refill(): void {
    const now = this.#now();
    this.#credit = Math.min(burst, this.#credit + (now - this.#last) / this.#everyMs);
    this.#last = now;
  }
}
