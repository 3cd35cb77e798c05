import { setTimeout as pause } from "node:timers/promises";
import type { Embedder, SearchIndex } from "@gateway/engine";

/** What {@link renewVectors} works with. */
export interface RenewVectorsDeps {
  index: SearchIndex;
  embedder: Embedder;
  onFault(message: string, cause?: unknown): void;
  /** Milliseconds of the first pause after failures; a minute if left out. Each next one is twice as long, up to half an hour. */
  retryMs?: number | undefined;
}

/** After so many failures without a success between, it is rather the model that is away than the documents. */
const failuresInRow = 3;
const longestPauseMs = 1_800_000;
const documentsPerPage = 16;

/**
 * Makes the vectors anew of documents that another model has embedded, one document after the other, a batch at a time.
 * Until it is done a document is found by its text alone. One that fails is reported by its number, once, and tried
 * again after all the others, for as long as it takes. Resolves when there is no such document any more, or `signal`
 * is aborted; never rejects.
 */
export async function renewVectors(deps: RenewVectorsDeps, signal: AbortSignal): Promise<void> {
  const { index, embedder, onFault, retryMs = 60_000 } = deps;
  const reported = new Set<string>();
  let after = 0;
  /** Failures since the last success, and since the list was last begun. */
  let inRow = 0;
  let inRound = 0;
  let pauses = 0;

  const rest = async (): Promise<void> => {
    const ms = Math.min(retryMs * 2 ** pauses++, longestPauseMs);
    await pause(ms, undefined, { signal, ref: false }).catch(() => {});
  };
  const fail = (what: string, cause: unknown): void => {
    if (signal.aborted || reported.has(what)) return;
    reported.add(what);
    onFault(`the vectors of ${what} could not be renewed; it is tried again later`, cause);
  };

  while (!signal.aborted) {
    let documents: number[];
    try {
      documents = await index.documentsOfOtherModels(embedder.model, after, documentsPerPage);
    } catch (cause) {
      fail("all documents of another model", cause);
      await rest();
      continue;
    }
    for (const document of documents) {
      if (signal.aborted) return;
      after = document;
      try {
        await renewDocument(document, deps, signal);
        inRow = 0;
        pauses = 0;
      } catch (cause) {
        fail(`document ${document}`, cause);
        inRound++;
        if (++inRow >= failuresInRow) await rest();
      }
    }
    if (documents.length > 0) continue;
    if (inRound === 0) return;
    after = 0;
    inRound = 0;
    await rest();
  }
}

/** A document that is not there any more, or not as it was, is left as it is. */
async function renewDocument(
  document: number,
  { index, embedder }: RenewVectorsDeps,
  signal: AbortSignal,
): Promise<void> {
  for (let ordinal = 0; ; ) {
    signal.throwIfAborted();
    const texts = await index.chunkTexts(document, ordinal, embedder.batchSize);
    if (texts.length === 0 && ordinal > 0) return;
    const vectors = texts.length === 0 ? [] : await embedder.embed(texts, "document", signal);
    if (vectors.length !== texts.length) {
      throw new Error(`The embedder gave ${vectors.length} vectors for ${texts.length} texts.`);
    }
    if (!(await index.replaceVectors(document, embedder.model, ordinal, vectors))) return;
    if (texts.length < embedder.batchSize) return;
    ordinal += texts.length;
  }
}
