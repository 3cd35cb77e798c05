import { setTimeout as pause } from "node:timers/promises";
import type { Embedder, SearchIndex } from "@gateway/engine";

/** What {@link renewVectors} works with. */
export interface RenewVectorsDeps {
  index: SearchIndex;
  embedder: Embedder;
  onFault(message: string, cause?: unknown): void;
  /** Milliseconds after a failure; a minute if left out. */
  retryMs?: number | undefined;
}

/**
 * Makes the vectors anew of documents that another model has embedded, one document after the other. Until its turn
 * comes a document is found by its text alone. A failure is reported once and tried again until it works. Resolves when
 * there is no such document any more, or `signal` is aborted; never rejects.
 */
export async function renewVectors(deps: RenewVectorsDeps, signal: AbortSignal): Promise<void> {
  const gone = new Set<number>();
  let failing = false;
  for (;;) {
    try {
      // Those that were removed or changed while they were embedded may be listed once more.
      const found = await deps.index.documentsOfOtherModels(deps.embedder.model, gone.size + 16);
      const documents = found.filter((document) => !gone.has(document));
      if (documents.length === 0) return;
      for (const document of documents) {
        if (!(await renewDocument(document, deps, signal))) gone.add(document);
        failing = false;
      }
    } catch (cause) {
      if (signal.aborted) return;
      if (!failing) deps.onFault("vectors of another model could not be renewed; it is tried again", cause);
      failing = true;
      await pause(deps.retryMs ?? 60_000, undefined, { signal, ref: false }).catch(() => {});
    }
    if (signal.aborted) return;
  }
}

/** False where the document is not there any more, or not as it was. */
async function renewDocument(
  document: number,
  { index, embedder }: RenewVectorsDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const vectors: Float32Array[] = [];
  for (;;) {
    signal.throwIfAborted();
    const texts = await index.chunkTexts(document, vectors.length, embedder.batchSize);
    if (texts.length === 0) break;
    vectors.push(...(await embedder.embed(texts, "document", signal)));
  }
  return index.replaceVectors(document, embedder.model, vectors);
}
