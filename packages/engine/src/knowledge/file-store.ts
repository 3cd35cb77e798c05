import type { FileListQuery, FileObject, Page, UploadObject, UploadPartObject } from "@gateway/protocol";

/** A file and where its content is. */
export interface FileRecord {
  file: FileObject;
  /** Name of the content in the blob store. */
  hash: string;
}

/** How much one tenant may keep; undefined is no limit. */
export interface FileQuota {
  files: number | undefined;
  bytes: number | undefined;
}

/** Says which limit a file, or a part of one, would go beyond. */
export type QuotaExceeded = "files_quota" | "bytes_quota";

/** Keeps what is known of files; their content is in a blob store. Scoped to a tenant like responses. */
export interface FileStore {
  /**
   * Adds a file unless the tenant's files, with it and with the parts of uploads that are pending, go beyond the quota:
   * then nothing is written.
   */
  add(tenant: string, record: FileRecord, quota: FileQuota): Promise<"added" | QuotaExceeded>;
  get(tenant: string, id: string): Promise<FileRecord | undefined>;
  /** Those of the ids that there are. */
  find(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, FileRecord>>;
  /** A page of those that have not expired at `now` (seconds), by time of creation. Undefined when there is no file `after`. */
  list(tenant: string, query: FileListQuery, now: number): Promise<Page<FileObject> | undefined>;
  /**
   * Deletes a file and takes it out of every vector store, in one transaction (see {@link VectorStores.detach}
   * for what that means). False when there was none.
   */
  delete(tenant: string, id: string): Promise<boolean>;
  /** Files of any tenant whose `expires_at` (seconds) is not after `now`. */
  expired(now: number, limit: number): Promise<{ tenant: string; id: string }[]>;
}

/** An upload and what its file will be. */
export interface UploadRecord {
  upload: UploadObject;
  /** Seconds after which the file will expire, from its creation. */
  fileExpiry: number | null;
}

/** A part of an upload, as stored. */
export interface PartRecord {
  part: UploadPartObject;
  hash: string;
  bytes: number;
}

/** How much one tenant may have in uploads that are pending. */
export interface UploadLimits {
  quota: FileQuota;
  /** How many of them there may be. */
  pending: number;
}

/** Keeps uploads in the making. */
export interface UploadStore {
  /**
   * Adds a pending upload, unless the tenant has as many as it may (`uploads_limit`), or its files with all that was
   * announced for its pending uploads, this one too, go beyond the quota.
   */
  create(
    tenant: string,
    record: UploadRecord,
    limits: UploadLimits,
  ): Promise<"created" | "uploads_limit" | QuotaExceeded>;
  get(tenant: string, id: string): Promise<UploadRecord | undefined>;
  /**
   * Adds a part to an upload that is pending. `too_large` where it alone is longer than the upload's
   * `bytes`, or all parts together longer than twice that: a part whose answer was lost is sent again; `bytes_quota` where the tenant's files and the parts of its pending uploads, with this one, go
   * beyond the quota; `closed` where it is no longer pending.
   */
  addPart(
    tenant: string,
    part: PartRecord,
    quota: FileQuota,
  ): Promise<"added" | "not_found" | "closed" | "too_large" | "bytes_quota">;
  /** The parts with these ids, in this order; undefined in place of those that the upload does not have. */
  parts(tenant: string, id: string, partIds: readonly string[]): Promise<(PartRecord | undefined)[]>;
  /**
   * In one transaction: adds the file in place of the upload's parts, which go, and marks the upload completed with it.
   * Two calls at once make one file: the second gets `closed`.
   */
  complete(
    tenant: string,
    id: string,
    record: FileRecord,
    quota: FileQuota,
  ): Promise<"completed" | "closed" | QuotaExceeded>;
  /** Marks a pending upload cancelled or expired and drops its parts. False where it is not pending. */
  end(tenant: string, id: string, status: "cancelled" | "expired"): Promise<boolean>;
  /** Pending uploads of any tenant whose `expires_at` (seconds) is not after `now`. */
  expired(now: number, limit: number): Promise<{ tenant: string; id: string }[]>;
}
