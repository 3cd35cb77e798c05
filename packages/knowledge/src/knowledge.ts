import type { ByteRange, ContentKeeper, KnowledgeSearch, ReceivedBlob, RequestFiles } from "@gateway/engine";
import type {
  attachFile,
  completeUpload,
  createFileBatch,
  createUpload,
  createVectorStore,
  FileBatchObject,
  FileListQuery,
  FileObject,
  FilePurpose,
  Page,
  SearchResultObject,
  searchVectorStore,
  TwoWayPageQuery,
  UploadObject,
  UploadPartObject,
  updateAttributes,
  updateVectorStore,
  VectorStoreFileListQuery,
  VectorStoreFileObject,
  VectorStoreObject,
} from "@gateway/protocol";
import type * as z from "zod";

/** What a file is called and for, once its content has arrived. */
export interface NewFile {
  filename: string;
  purpose: FilePurpose;
  /** Seconds after which it expires. */
  expiresAfter?: number | undefined;
}

/**
 * Files. All methods throw an ApiError: 404 for an id that there is not (for this tenant, or any more: a file is
 * gone once it has expired), 413 for content or a quota that is too large.
 */
export interface Files {
  /** Takes the content of a file, as it comes. What it gives goes to {@link create}, or is discarded. */
  receive(content: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<ReceivedBlob>;
  create(tenant: string, file: NewFile, content: ReceivedBlob): Promise<FileObject>;
  get(tenant: string, id: string): Promise<FileObject>;
  /** The content, all or a span of it. `hash` changes with the content and with nothing else. */
  content(
    tenant: string,
    id: string,
    range?: (bytes: number) => ByteRange | undefined,
  ): Promise<{
    file: FileObject;
    hash: string;
    range: ByteRange | undefined;
    body: ReadableStream<Uint8Array>;
  }>;
  list(tenant: string, query: FileListQuery): Promise<Page<FileObject>>;
  /** Also takes it out of every vector store. */
  delete(tenant: string, id: string): Promise<void>;
}

/** Uploads in parts. Errors as with {@link Files}; 400 for an upload that is no longer pending. */
export interface Uploads {
  /** 413 for more bytes than there is room for, or more pending uploads than there may be. */
  create(tenant: string, body: z.output<typeof createUpload>): Promise<UploadObject>;
  /** Parts may come at the same time, in any order, and again. 413 where they are far longer than what was announced. */
  addPart(
    tenant: string,
    id: string,
    content: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
  ): Promise<UploadPartObject>;
  /**
   * 422 for part ids that it does not have, a length other than announced, or another md5. An upload that is completed
   * already is given as it is, whatever the body says: the answer to the first call may have been lost. Rejects
   * with the reason of `signal`; the upload is pending then, or completed.
   */
  complete(
    tenant: string,
    id: string,
    body: z.output<typeof completeUpload>,
    signal?: AbortSignal,
  ): Promise<UploadObject>;
  cancel(tenant: string, id: string): Promise<UploadObject>;
}

/** Vector stores as the API has them. All methods throw an ApiError; `param` names the field. */
export interface KnowledgeStores {
  create(tenant: string, body: z.output<typeof createVectorStore>): Promise<VectorStoreObject>;
  get(tenant: string, id: string): Promise<VectorStoreObject>;
  list(tenant: string, query: TwoWayPageQuery): Promise<Page<VectorStoreObject>>;
  update(tenant: string, id: string, body: z.output<typeof updateVectorStore>): Promise<VectorStoreObject>;
  delete(tenant: string, id: string): Promise<void>;
  search(
    tenant: string,
    id: string,
    body: z.output<typeof searchVectorStore>,
    signal: AbortSignal,
  ): Promise<SearchResultObject[]>;

  attach(tenant: string, id: string, body: z.output<typeof attachFile>): Promise<VectorStoreFileObject>;
  getFile(tenant: string, id: string, fileId: string): Promise<VectorStoreFileObject>;
  listFiles(
    tenant: string,
    id: string,
    query: VectorStoreFileListQuery,
  ): Promise<Page<VectorStoreFileObject>>;
  setAttributes(
    tenant: string,
    id: string,
    fileId: string,
    body: z.output<typeof updateAttributes>,
  ): Promise<VectorStoreFileObject>;
  detach(tenant: string, id: string, fileId: string): Promise<void>;
  /** The text that was taken in. 400 while it is not completed. */
  fileText(tenant: string, id: string, fileId: string): Promise<string>;

  createBatch(tenant: string, id: string, body: z.output<typeof createFileBatch>): Promise<FileBatchObject>;
  getBatch(tenant: string, id: string, batchId: string): Promise<FileBatchObject>;
  cancelBatch(tenant: string, id: string, batchId: string): Promise<FileBatchObject>;
  listBatchFiles(
    tenant: string,
    id: string,
    batchId: string,
    query: VectorStoreFileListQuery,
  ): Promise<Page<VectorStoreFileObject>>;
}

/** Everything about files and what is known from them. */
export interface Knowledge {
  files: Files;
  uploads: Uploads;
  stores: KnowledgeStores;
  search: KnowledgeSearch;
  requestFiles: RequestFiles;
  /** Keeps content for others that refer to it in the same database. */
  content: ContentKeeper;
  /**
   * Takes up what a former process left and works in the background from then on. To be called once, after
   * `JobStore.releaseAll`. Where the index cannot be used this is reported and tried again, until it can. Resolves
   * when work has begun, or the first attempt to has failed; never rejects.
   */
  start(): Promise<void>;
  /** Says that the search index has lost what it held: all of it is taken in again. */
  indexRenewed(): void;
  /** Stops the background work; what is half done is done again at the next start. */
  close(): Promise<void>;
}
