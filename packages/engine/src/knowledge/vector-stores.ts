import type {
  Attributes,
  FileBatchObject,
  IngestError,
  Page,
  StaticChunking,
  TwoWayPageQuery,
  VectorStoreFileListQuery,
  VectorStoreFileObject,
  VectorStoreObject,
} from "@gateway/protocol";

/** A file that is to be put into a store. It must exist; the caller has checked. */
export interface NewStoreFile {
  fileId: string;
  attributes: Attributes;
  chunking: StaticChunking;
}

/** A vector store before it has files: counts and times are the store's own to keep. */
export type NewVectorStore = Pick<
  VectorStoreObject,
  "id" | "created_at" | "name" | "description" | "metadata" | "expires_after"
>;

/** What an update changes; undefined leaves as it is. */
export interface VectorStoreChanges {
  name?: string | null | undefined;
  metadata?: Record<string, string> | undefined;
  expiresAfter?: VectorStoreObject["expires_after"] | undefined;
}

/** What the ingestion must know of a file in a store. `document` names it in the search index and is never used again for another. */
export interface StoreFileWork {
  document: number;
  /** The store's number in the search index. */
  store: number;
  storeId: string;
  fileId: string;
  filename: string;
  hash: string;
  bytes: number;
  attributes: Attributes;
  chunking: StaticChunking;
  status: VectorStoreFileObject["status"];
}

/** A search result's file. */
export interface StoreFileName {
  fileId: string;
  filename: string;
  attributes: Attributes;
}

/**
 * Keeps vector stores, their files and batches; text and vectors are in a {@link SearchIndex}. All scoped to a
 * tenant. Times are Unix seconds. A store with `expires_after` is `expired` once `now` is past it: it is still
 * found, but takes no files and is not searched.
 *
 * Work that follows from a change is queued in the same transaction ({@link JobStore}): kind `ingest` with
 * subject `document` for each added file, kind `unindex` with payload `{documents}` or `{store}` for what was
 * taken out, kind `attributes` with subject `document` after a change of attributes.
 */
export interface VectorStores {
  create(tenant: string, store: NewVectorStore, files: readonly NewStoreFile[]): Promise<VectorStoreObject>;
  get(tenant: string, id: string, now: number): Promise<VectorStoreObject | undefined>;
  /** By time of creation. Undefined when there is no store `after` or `before`. */
  list(tenant: string, query: TwoWayPageQuery, now: number): Promise<Page<VectorStoreObject> | undefined>;
  update(
    tenant: string,
    id: string,
    changes: VectorStoreChanges,
    now: number,
  ): Promise<VectorStoreObject | undefined>;
  /** Deletes the store with its batches; its files stay as files. False when there was none. */
  delete(tenant: string, id: string): Promise<boolean>;
  /** Sets `last_active_at`. */
  touch(tenant: string, ids: readonly string[], now: number): Promise<void>;
  /** The stores' numbers in the search index, for those that exist, by id; with whether each is expired. */
  numbers(
    tenant: string,
    ids: readonly string[],
    now: number,
  ): Promise<ReadonlyMap<string, { store: number; expired: boolean }>>;

  /**
   * Adds files, all or none, each as `in_progress`, in the given order; with `batch` they belong to it. A file
   * that the store has already is taken in anew, under a new document number. Undefined when there is no store.
   */
  attach(
    tenant: string,
    storeId: string,
    files: readonly NewStoreFile[],
    now: number,
    batch?: { id: string },
  ): Promise<VectorStoreFileObject[] | undefined>;
  getFile(tenant: string, storeId: string, fileId: string): Promise<VectorStoreFileObject | undefined>;
  /** The number of the file's document in the search index. */
  documentOf(tenant: string, storeId: string, fileId: string): Promise<number | undefined>;
  /** By time of addition. Undefined when there is no store, or no file `after` or `before`. */
  listFiles(
    tenant: string,
    storeId: string,
    query: VectorStoreFileListQuery,
    batchId?: string,
  ): Promise<Page<VectorStoreFileObject> | undefined>;
  setAttributes(
    tenant: string,
    storeId: string,
    fileId: string,
    attributes: Attributes,
  ): Promise<VectorStoreFileObject | undefined>;
  /** Takes a file out of a store; the file itself stays. False when it was not in it. */
  detach(tenant: string, storeId: string, fileId: string): Promise<boolean>;

  getBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined>;
  /** Files of the batch that are still in progress become cancelled, the batch with them. Fine to do again. */
  cancelBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined>;

  /** What there is to do for a document; undefined when its file was taken out meanwhile. */
  work(document: number): Promise<StoreFileWork | undefined>;
  /** Ends the ingestion of a document. False where it is no longer in progress (taken out, cancelled): nothing changes. */
  settle(
    document: number,
    outcome: { status: "completed"; usageBytes: number } | { status: "failed"; error: IngestError },
  ): Promise<boolean>;
  /** Files of the documents that are in their stores and completed. */
  names(documents: readonly number[]): Promise<ReadonlyMap<number, StoreFileName>>;
  /** All documents that are completed, for comparing with the index: a page of those above `after`, ascending. */
  completedDocuments(after: number, limit: number): Promise<number[]>;
  /** Sets documents back to `in_progress` and queues their ingestion: the index has lost them. */
  ingestAgain(documents: readonly number[]): Promise<void>;
}
