import type { IndexDocument, IndexQuery, SearchIndex } from "@gateway/engine";

/** A document for tests: its chunks follow each other without an overlap. */
export interface SampleDocument extends Partial<IndexDocument> {
  document: number;
  chunks: readonly { text: string; vector?: readonly number[] }[];
}

/** Puts a document into store 1, of model "m", unless it says otherwise, and seals it. Gives its bytes. */
export async function addDocument(index: SearchIndex, { chunks, ...rest }: SampleDocument): Promise<number> {
  const { document } = rest;
  await index.begin({ store: 1, attributes: {}, model: "m", ...rest });
  let start = 0;
  await index.append(
    document,
    chunks.map(({ text, vector = [1, 0] }) => {
      const chunk = { text, start, vector: Float32Array.from(vector) };
      start += text.length;
      return chunk;
    }),
  );
  return index.seal(document);
}

/** A query of store 1 for ten hits, of text and vector alike. */
export function sampleQuery(
  query: { text?: string; vector?: readonly number[] },
  rest: Partial<IndexQuery> = {},
): IndexQuery {
  const vector = query.vector && Float32Array.from(query.vector);
  return {
    stores: [1],
    queries: [{ text: query.text ?? "", vector }],
    model: "m",
    filter: undefined,
    limit: 10,
    weights: { embedding: 1, text: 1 },
    ...rest,
  };
}
