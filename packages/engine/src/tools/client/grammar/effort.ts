import { turns } from "./turns.ts";

/** How much may be done for the checks that share an effort, unless it is said otherwise. */
const maxSteps = 200_000_000;
/** The same in milliseconds of work; waiting for others does not count. */
const maxTime = 5_000;
/** How long others wait at the most, in milliseconds. */
const longestTurn = 10;
/** Steps between two looks at the clock: a tenth of a millisecond or so. */
const stepsPerLook = 4_096;

/** Bounds of an effort. */
export interface EffortLimits {
  /** Ends the work at once: the caller is gone. */
  signal?: AbortSignal | undefined;
  steps?: number;
  /** In milliseconds of work. */
  time?: number;
  /** The clock, in milliseconds. */
  now?: () => number;
}

/**
 * What may be spent on checks that belong together, all in all. What is done is counted in steps, each of which takes some
 * nanoseconds and always as many, so that nothing large can pass for something small.
 */
export class Effort {
  /** What has been done. */
  steps = 0;
  readonly #signal: AbortSignal | undefined;
  readonly #maxSteps: number;
  readonly #maxTime: number;
  readonly #now: () => number;
  #looked = 0;
  #began = 0;
  #time = 0;

  constructor({
    signal,
    steps = maxSteps,
    time = maxTime,
    now = () => performance.now(),
  }: EffortLimits = {}) {
    this.#signal = signal;
    this.#maxSteps = steps;
    this.#maxTime = time;
    this.#now = now;
  }

  /** True where nothing more may be done. */
  get spent(): boolean {
    return this.steps > this.#maxSteps || this.#time > this.#maxTime;
  }

  /** Counts what was done. True when the one who did it has to pause. */
  spend(steps: number): boolean {
    this.steps += steps;
    if (this.steps - this.#looked < stepsPerLook) return false;
    this.#looked = this.steps;
    return this.steps > this.#maxSteps || this.#now() - this.#began > longestTurn;
  }

  /**
   * Does some work that pauses where {@link spend} says so, others having their turn meanwhile. Gives undefined where the
   * effort was spent before the work was done. Throws the signal's reason once that is aborted.
   */
  async workThrough<T>(work: Generator<void, T, undefined>): Promise<T | undefined> {
    try {
      for (let first = true; !this.spent; first = false) {
        await turns.next(work, first, this.#signal);
        this.#began = this.#now();
        const { done, value } = work.next();
        this.#time += this.#now() - this.#began;
        if (done === true) return value;
      }
    } finally {
      turns.end(work);
    }
    return undefined;
  }
}

/** The result of work on little, which is done at once. */
export function workAtOnce<T>(work: (effort: Effort) => Generator<void, T, undefined>): T {
  const running = work(new Effort({ steps: Number.POSITIVE_INFINITY, now: () => 0 }));
  for (;;) {
    const { done, value } = running.next();
    if (done === true) return value;
  }
}
