import type {
  BlobStore,
  Embedder,
  IndexChunk,
  SearchIndex,
  StoreFileWork,
  TextExtractor,
} from "@gateway/engine";
import type { Chunker } from "./open-chunker.ts";
import { inBatches, readAhead } from "./read-ahead.ts";

/** What {@link takeIn} works with. */
export interface TakeInDeps {
  blobs: BlobStore;
  extractor: TextExtractor;
  chunker: Chunker;
  embedder: Embedder;
  index: SearchIndex;
}

/**
 * Reads a file's text, cuts it, makes the vectors and puts all into the index, from where searches find it.
 * Cutting, embedding and writing of one document run side by side, one batch apart: in memory is its text and
 * three batches. Can be done again from the start at any time.
 *
 * @returns the bytes it takes in the index.
 * @throws ExtractionError where the file has no text, the signal's reason, or what went wrong.
 */
export async function takeIn(work: StoreFileWork, deps: TakeInDeps, signal: AbortSignal): Promise<number> {
  const { blobs, extractor, chunker, embedder, index } = deps;
  const { document, store, attributes, filename, bytes, hash } = work;
  const text = await extractor.extract({ filename, bytes, open: () => blobs.read(hash) }, signal);
  signal.throwIfAborted();
  await index.begin({ document, store, attributes, model: embedder.model });

  let written: Promise<void> = Promise.resolve();
  const chunks = chunker.chunks(text, work.chunking, signal);
  const batches = readAhead(inBatches(chunks, embedder.batchSize));
  for await (const batch of batches) {
    const texts = batch.map((chunk) => chunk.text);
    const [vectors] = await Promise.all([embedder.embed(texts, "document", signal), written]);
    signal.throwIfAborted();
    const chunks = batch.map((chunk, place): IndexChunk => {
      const vector = vectors[place];
      if (!vector) throw new Error(`The embedder gave ${vectors.length} vectors for ${batch.length} texts.`);
      return { ...chunk, vector };
    });
    written = index.append(document, chunks);
    // It is awaited with the next batch, or below.
    written.catch(() => {});
  }
  await written;
  signal.throwIfAborted();
  return index.seal(document);
}
