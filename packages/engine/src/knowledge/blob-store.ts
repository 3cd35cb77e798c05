/** A span of bytes, both ends included and counted from 0 (RFC 9110, section 14.1.2). */
export interface ByteRange {
  start: number;
  end: number;
}

/** Content that has arrived in full and is not yet kept. One of `keep` and `discard` must be called. */
export interface ReceivedBlob {
  /** SHA-256 of the content, 64 hexadecimal digits: the name it is kept under. */
  readonly hash: string;
  readonly md5: string;
  readonly bytes: number;
  /** Puts the content in place; resolves when it would survive the end of the process. Fine to do for content that is there. */
  keep(): Promise<void>;
  /** Removes what arrived. Never rejects. */
  discard(): Promise<void>;
}

/**
 * Keeps content by its hash, in a directory or in an object store. It knows nothing of files, names or
 * tenants; who refers to a blob is written in {@link BlobIndex}.
 */
export interface BlobStore {
  /**
   * Takes content as it comes, never whole in memory, at the pace of the disk. Content of more than `maxBytes` is
   * not read on: rejects with a 413 ApiError. Where the source fails or `signal` is aborted, nothing is left.
   */
  receive(source: AsyncIterable<Uint8Array>, maxBytes: number, signal?: AbortSignal): Promise<ReceivedBlob>;
  /** Reads content, all or a span of it. Rejects with a 500 ApiError `storage_error` where there is none. */
  read(hash: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** Removes content; what is not there is no error. */
  delete(hash: string): Promise<void>;
  close(): Promise<void>;
}

/** Which content is referred to, in the same database as the files, so that a file and its content come and go together. */
export interface BlobIndex {
  /** Notes content before it is put in place: after a crash it is known, and unused. */
  announce(hash: string, bytes: number): Promise<void>;
  /** Hashes that no file and no part of an upload refers to, announced before `before` (Unix time in ms). */
  unused(before: number, limit: number): Promise<string[]>;
  /** Strikes out content that is unused. False where something refers to it again: it must stay. */
  forget(hash: string): Promise<boolean>;
}
