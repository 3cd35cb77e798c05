/** How far the time of day and the time that has passed may drift apart between two looks. */
const toleranceMs = 60_000;
/** How long a clock has to run evenly after it was set. */
const settleMs = 3_600_000;

/** What a {@link SteadyClock} reads. */
export interface Clocks {
  /** The time of day: Unix time in milliseconds, which somebody may set. */
  now(): number;
  /** Milliseconds that have passed since any moment; never set. */
  passed(): number;
}

/**
 * Tells whether the time of day can be trusted with what cannot be undone. A clock that is set wrong is often put
 * right soon: until it has run evenly for an hour again, nothing is to be removed for its age. What it showed when the
 * process began has to be believed.
 */
export class SteadyClock {
  readonly #clocks: Clocks;
  #offset: number;
  #setAt: number | undefined;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#offset = clocks.now() - clocks.passed();
  }

  /** The time of day in milliseconds; undefined while it is not to be trusted. To be asked more often than hourly. */
  read(): number | undefined {
    const now = this.#clocks.now();
    const passed = this.#clocks.passed();
    const offset = now - passed;
    if (Math.abs(offset - this.#offset) > toleranceMs) this.#setAt = passed;
    this.#offset = offset;
    if (this.#setAt !== undefined && passed - this.#setAt < settleMs) return undefined;
    this.#setAt = undefined;
    return now;
  }
}
