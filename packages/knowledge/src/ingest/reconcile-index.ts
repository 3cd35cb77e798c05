import type { SearchIndex, VectorStores } from "@gateway/engine";

/** What was found by {@link reconcileIndex}. */
export interface Reconciled {
  /** Documents that the index had lost: they are taken in again. */
  lost: number;
  /** Documents that only the index had: they are removed. */
  extra: number;
}

/** What {@link reconcileIndex} works with. */
export interface ReconcileDeps {
  vectorStores: VectorStores;
  index: SearchIndex;
}

/**
 * Brings the index to what the vector stores hold: the two are kept in files of their own, and either may be older
 * than the other after a restart, or the index may have been lost. Documents may be taken in and taken out meanwhile.
 */
export async function reconcileIndex(deps: ReconcileDeps, signal: AbortSignal): Promise<Reconciled> {
  const { vectorStores, index } = deps;
  const result: Reconciled = { lost: 0, extra: 0 };
  for (let after = 0; after < Number.POSITIVE_INFINITY; ) {
    signal.throwIfAborted();
    const completed = await vectorStores.completedDocuments(after, pageSize);
    const last = completed.length < pageSize ? Number.POSITIVE_INFINITY : (completed.at(-1) as number);
    const lost = new Set(completed);
    // Asked for after the stores were: what they have as completed was in the index before.
    for await (const documents of pagesBetween(index, after, last)) {
      signal.throwIfAborted();
      const extra = documents.filter((document) => !lost.delete(document));
      result.extra += await removeUnwanted(extra, deps);
    }
    if (lost.size > 0) await vectorStores.ingestAgain([...lost]);
    result.lost += lost.size;
    after = last;
  }
  return result;
}

const pageSize = 1_000;

/** The index's documents above `after` up to `last`, in pages. */
async function* pagesBetween(
  index: SearchIndex,
  after: number,
  last: number,
): AsyncGenerator<number[], void> {
  for (let from = after; ; ) {
    const documents = await index.documents(from, pageSize);
    yield documents.filter((document) => document <= last);
    from = documents.at(-1) ?? last;
    if (documents.length < pageSize || from >= last) return;
  }
}

/** Removes those of the documents that no vector store has, or will have once they are taken in. Gives how many. */
async function removeUnwanted(
  documents: readonly number[],
  { vectorStores, index }: ReconcileDeps,
): Promise<number> {
  const unwanted: number[] = [];
  for (const document of documents) {
    const status = (await vectorStores.work(document))?.status;
    if (status !== "in_progress" && status !== "completed") unwanted.push(document);
  }
  if (unwanted.length > 0) await index.remove(unwanted);
  return unwanted.length;
}
