import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore, ByteRange, ReceivedBlob } from "@gateway/engine";

/** A new, empty store, with what its tests have to see of it from outside. */
export interface BlobBench {
  store: BlobStore;
  /** The directory where content arrives. */
  incoming: string;
  /** Reads that still hold something: an open file, a connection. */
  reading(): number;
}

/** Content that depends on its seed, of any length. */
export function sampleContent(bytes: number, seed = 1): Uint8Array {
  const content = new Uint8Array(bytes);
  for (let n = 0, state = seed; n < bytes; n++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[n] = state >>> 24;
  }
  return content;
}

/** A hash of content, in hexadecimal digits. */
export function digest(content: Uint8Array, algorithm: "sha256" | "md5" = "sha256"): string {
  return createHash(algorithm).update(content).digest("hex");
}

/** Content in chunks of a size that fits nothing. */
export async function* inChunks(content: Uint8Array, chunkBytes = 10_007): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
}

/** Receives content that is not too large. */
export function receive(store: BlobStore, content: Uint8Array, chunkBytes?: number): Promise<ReceivedBlob> {
  return store.receive(inChunks(content, chunkBytes), content.byteLength);
}

/** Receives content and keeps it; gives its hash. */
export async function keepContent(store: BlobStore, content: Uint8Array): Promise<string> {
  const received = await receive(store, content);
  await received.keep();
  return received.hash;
}

/** All that a read gives. */
export async function readContent(store: BlobStore, hash: string, range?: ByteRange): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.read(hash, range)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Bytes of all files of a directory. */
export async function bytesIn(dir: string): Promise<number> {
  const sizes = (await readdir(dir)).map(async (name) => (await stat(join(dir, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
