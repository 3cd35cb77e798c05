import type { IndexChunk, IndexDocument, IndexHit, IndexQuery, SearchIndex } from "@gateway/engine";
import type { Attributes } from "@gateway/protocol";

interface IndexedDocument extends IndexDocument {
  chunks: IndexChunk[];
  sealed: boolean;
}

/**
 * A search index for tests. Scores are the share of the query's words that a chunk contains and the cosine of the
 * vectors; filters are not looked at.
 */
export class MemoryIndex implements SearchIndex {
  readonly stored = new Map<number, IndexedDocument>();
  /** Searches that were made, in order. */
  readonly searches: IndexQuery[] = [];

  async begin(document: IndexDocument): Promise<void> {
    this.stored.set(document.document, { ...document, chunks: [], sealed: false });
  }

  async append(document: number, chunks: readonly IndexChunk[]): Promise<void> {
    const stored = this.stored.get(document);
    if (!stored || stored.sealed) throw new Error(`Document ${document} has not begun.`);
    stored.chunks.push(...chunks);
  }

  async seal(document: number): Promise<number> {
    const stored = this.stored.get(document);
    if (!stored) throw new Error(`Document ${document} has not begun.`);
    stored.sealed = true;
    return stored.chunks.reduce((sum, { text, vector }) => sum + text.length + vector.byteLength, 0);
  }

  async remove(documents: readonly number[]): Promise<void> {
    for (const document of documents) this.stored.delete(document);
  }

  async removeStore(store: number): Promise<void> {
    for (const [document, stored] of this.stored) if (stored.store === store) this.stored.delete(document);
  }

  async setAttributes(document: number, attributes: Attributes): Promise<void> {
    const stored = this.stored.get(document);
    if (stored) stored.attributes = attributes;
  }

  async search(query: IndexQuery, signal?: AbortSignal): Promise<IndexHit[]> {
    signal?.throwIfAborted();
    this.searches.push(query);
    const hits = [...this.stored.values()]
      .filter(({ sealed, store }) => sealed && query.stores.includes(store))
      .flatMap(({ document, chunks, model }) =>
        chunks.map((chunk, ordinal): IndexHit => {
          const scores = query.queries.map(({ text, vector }) => {
            const comparable = vector && model === query.model ? cosine(vector, chunk.vector) : 0;
            return query.weights.embedding * comparable + query.weights.text * sharedWords(text, chunk.text);
          });
          return { document, ordinal, text: chunk.text, score: Math.max(...scores) };
        }),
      );
    return hits
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, query.limit);
  }

  async text(document: number): Promise<string | undefined> {
    const stored = this.stored.get(document);
    if (!stored?.sealed) return undefined;
    return stored.chunks.reduce((text, chunk) => text + chunk.text.slice(text.length - chunk.start), "");
  }

  async documents(after: number, limit: number): Promise<number[]> {
    return this.#sealed((document) => document.document > after).slice(0, limit);
  }

  async documentsOfOtherModels(model: string, after: number, limit: number): Promise<number[]> {
    return this.#sealed((document) => document.model !== model && document.document > after).slice(0, limit);
  }

  async chunkTexts(document: number, ordinal: number, limit: number): Promise<string[]> {
    return (this.stored.get(document)?.chunks ?? [])
      .slice(ordinal, ordinal + limit)
      .map((chunk) => chunk.text);
  }

  async replaceVectors(
    document: number,
    model: string,
    ordinal: number,
    vectors: readonly Float32Array[],
  ): Promise<boolean> {
    const stored = this.stored.get(document);
    const end = ordinal + vectors.length;
    if (!stored?.sealed || stored.chunks.length < end || (ordinal > 0 && stored.model !== "")) return false;
    if (vectors.length === 0 && stored.chunks.length > 0) return false;
    stored.model = end === stored.chunks.length ? model : "";
    stored.chunks = stored.chunks.map((chunk, place) => ({
      ...chunk,
      vector: vectors[place - ordinal] ?? chunk.vector,
    }));
    return true;
  }

  async close(): Promise<void> {}

  #sealed(fits: (document: IndexedDocument) => boolean): number[] {
    return [...this.stored.values()]
      .filter((document) => document.sealed && fits(document))
      .map(({ document }) => document)
      .sort((a, b) => a - b);
  }
}

function sharedWords(query: string, text: string): number {
  const words = query.toLowerCase().split(/\W+/).filter(Boolean);
  const there = new Set(text.toLowerCase().split(/\W+/));
  return words.filter((word) => there.has(word)).length / Math.max(words.length, 1);
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, value, place) => sum + value * (y[place] ?? 0), 0);
  return dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1);
}
