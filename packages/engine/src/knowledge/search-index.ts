import type { Attributes, SearchFilter } from "@gateway/protocol";

/** A piece of a document's text. */
export interface IndexChunk {
  text: string;
  /** Where the chunk begins in the document's text, in UTF-16 units; chunks may overlap. */
  start: number;
  /** Of any length; the index makes it a unit vector. */
  vector: Float32Array;
}

/** What the index knows of a document beside its chunks. Numbers are those of {@link VectorStores}. */
export interface IndexDocument {
  document: number;
  store: number;
  attributes: Attributes;
  /** Fingerprint of the model that made the vectors. */
  model: string;
}

/** A search over one or several stores. */
export interface IndexQuery {
  stores: readonly number[];
  /** Each with its vector; what is found for any of them is joined. */
  queries: readonly { text: string; vector: Float32Array | undefined }[];
  /** Vectors of other models are not compared; such documents are found by their text alone. */
  model: string;
  filter: SearchFilter | undefined;
  limit: number;
  /** Shares of the two rankings, not negative, their sum greater than 0. A weight of 0 leaves the ranking out. */
  weights: { embedding: number; text: number };
}

/** A chunk that was found. */
export interface IndexHit {
  document: number;
  /** Place of the chunk in its document, from 0. */
  ordinal: number;
  text: string;
  /** From 0 to 1; hits come in descending order. */
  score: number;
}

/**
 * Text and vectors of the documents of all stores, for search. Everything in it is derived: lost, it is made
 * again from the files. None of its work runs on the event loop's thread.
 */
export interface SearchIndex {
  /**
   * Begins a document: removes what there is of it. It is found by searches once {@link seal} has resolved.
   * A process that ends before leaves nothing that is found.
   */
  begin(document: IndexDocument): Promise<void>;
  /** Adds chunks to a document that has begun, in the order of the text. Resolves when they are written. */
  append(document: number, chunks: readonly IndexChunk[]): Promise<void>;
  /** Makes a document searchable. Gives the bytes of its text and vectors. */
  seal(document: number): Promise<number>;
  /** Removes documents, sealed or not; what is not there is no error. */
  remove(documents: readonly number[]): Promise<void>;
  removeStore(store: number): Promise<void>;
  /** No error for a document that is not there. */
  setAttributes(document: number, attributes: Attributes): Promise<void>;
  /** A search that is still waiting for its turn when `signal` is aborted is not begun, and rejects with its reason. */
  search(query: IndexQuery, signal?: AbortSignal): Promise<IndexHit[]>;
  /** The whole text of a sealed document, put together from its chunks; undefined where there is none. */
  text(document: number): Promise<string | undefined>;
  /** Sealed documents above `after`, ascending. */
  documents(after: number, limit: number): Promise<number[]>;
  /** Sealed documents above `after` whose vectors another model has made, or not all of them one model; ascending. */
  documentsOfOtherModels(model: string, after: number, limit: number): Promise<number[]>;
  /** Chunk texts of a sealed document from `ordinal` on, at most `limit`. */
  chunkTexts(document: number, ordinal: number, limit: number): Promise<string[]>;
  /**
   * Replaces vectors of a sealed document, those of its chunks from `ordinal` on. It is called again and again, from
   * ordinal 0 up to the last chunk; from the first call to the last the document is found by its text alone, and with
   * the last it is of `model`. Where that never comes it is of no model, and is begun again with ordinal 0. False
   * where the document is not there, is not as the call before left it, or has not so many chunks.
   */
  replaceVectors(
    document: number,
    model: string,
    ordinal: number,
    vectors: readonly Float32Array[],
  ): Promise<boolean>;
  close(): Promise<void>;
}
