/** Rows that one transaction removes at most: 2-5 ms. */
export const sliceRows = 200;
/** Content that one transaction removes at most, unless a single row has more: it is overwritten with zeros. */
const sliceBytes = 512 * 1024;
/** Rows kept free for what a removal notes at its end: the log that is left, a job, the row itself. */
const spareRows = 4;

/** How much of a transaction's room for removals is taken. */
export class RemovalSlice {
  /** The responses of which events were removed, by the numbers of their rows. */
  readonly logs: number[] = [];
  #rows = 0;
  #bytes = 0;

  /** Rows so far. */
  get rows(): number {
    return this.#rows;
  }

  /** True when no further removal is to be begun. */
  get isFull(): boolean {
    return this.#rows + spareRows >= sliceRows || this.#bytes >= sliceBytes;
  }

  /** Notes rows that were changed or removed, and the bytes of their content. */
  took(rows: number, bytes = 0): void {
    this.#rows += rows;
    this.#bytes += bytes;
  }
}
