import type { ByteRange, ReceivedBlob } from "../knowledge/blob-store.ts";

/** Keeps content that rows of the database refer to by its hash, and removes it when none does any more. */
export interface ContentKeeper {
  /** As {@link BlobStore.receive}. */
  receive(source: AsyncIterable<Uint8Array>, maxBytes: number, signal?: AbortSignal): Promise<ReceivedBlob>;
  /** Puts content in place and has it referred to by what `refer` writes. Where that fails, it is removed again. */
  hold<T>(content: ReceivedBlob, refer: () => Promise<T>): Promise<T>;
  /** As {@link BlobStore.read}. */
  read(hash: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>>;
  /** Begins to remove what nothing refers to. */
  sweep(): void;
}
