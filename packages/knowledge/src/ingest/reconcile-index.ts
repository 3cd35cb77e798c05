import type { SearchIndex, VectorStores } from "@gateway/engine";

/** What was found by {@link reconcileIndex}. */
export interface Reconciled {
  /** Documents that the index had lost: they are taken in again. */
  lost: number;
  /** Documents that only the index had: they are removed. */
  extra: number;
}

/**
 * Brings the index to what the vector stores hold, after a restart: the two are kept in files of their own, and
 * either may be older than the other. To be called while no document is being taken in.
 */
export async function reconcileIndex(
  { vectorStores, index }: { vectorStores: VectorStores; index: SearchIndex },
  signal: AbortSignal,
): Promise<Reconciled> {
  const result = { lost: 0, extra: 0 };
  const completed = new AscendingReader((after) => vectorStores.completedDocuments(after, pageSize));
  const indexed = new AscendingReader((after) => index.documents(after, pageSize));
  const lost: number[] = [];
  const extra: number[] = [];
  const flush = async (atLeast: number): Promise<void> => {
    if (lost.length >= atLeast) {
      result.lost += lost.length;
      await vectorStores.ingestAgain(lost.splice(0));
    }
    if (extra.length >= atLeast) {
      result.extra += extra.length;
      await index.remove(extra.splice(0));
    }
  };
  for (;;) {
    signal.throwIfAborted();
    const [wanted, there] = await Promise.all([completed.head(), indexed.head()]);
    if (wanted === undefined && there === undefined) break;
    if (wanted === there) {
      completed.drop();
      indexed.drop();
    } else if (there === undefined || (wanted !== undefined && wanted < there)) {
      lost.push(completed.drop());
    } else {
      extra.push(indexed.drop());
    }
    await flush(pageSize);
  }
  await flush(1);
  return result;
}

const pageSize = 1_000;

/** Ascending numbers that come in pages. */
class AscendingReader {
  readonly #readPage: (after: number) => Promise<number[]>;
  #page: number[] = [];
  #at = 0;
  #last = -1;
  #ended = false;

  constructor(readPage: (after: number) => Promise<number[]>) {
    this.#readPage = readPage;
  }

  async head(): Promise<number | undefined> {
    if (this.#at === this.#page.length && !this.#ended) {
      this.#page = await this.#readPage(this.#last);
      this.#at = 0;
      this.#ended = this.#page.length === 0;
      this.#last = this.#page.at(-1) ?? this.#last;
    }
    return this.#page[this.#at];
  }

  drop(): number {
    return this.#page[this.#at++] as number;
  }
}
