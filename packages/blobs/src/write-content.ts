import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { contentTooLarge, toStorageError } from "./errors.ts";

/** Bytes that are collected, hashed and written at a time: all that an upload holds in memory. */
export const pieceBytes = 64 * 1024;

/** What is known of content once all of it is in a file. */
export interface WrittenContent {
  /** SHA-256, 64 hexadecimal digits. */
  hash: string;
  md5: string;
  bytes: number;
}

/**
 * Writes content into an open file as it comes and hashes it on the way. The source is asked for more only when
 * all but the last {@link pieceBytes} of what it gave are in the file.
 *
 * Rejects with the source's own error, with the signal's reason even while the source gives nothing, with a 413
 * ApiError as soon as there are more than `maxBytes`, and with `storage_error` where the file cannot be written.
 * A source that is not read to its end is told so (`return()`), and not waited for.
 */
export async function writeContent(
  source: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  maxBytes: number,
  signal: AbortSignal,
): Promise<WrittenContent> {
  const iterator = source[Symbol.asyncIterator]();
  const writer = new ContentWriter(handle);
  let bytes = 0;
  let ended = false;
  try {
    for (;;) {
      const next = await untilAborted(iterator.next(), signal);
      if (next.done) break;
      bytes += next.value.byteLength;
      if (bytes > maxBytes) throw contentTooLarge(maxBytes);
      await writer.add(next.value);
    }
    ended = true;
  } finally {
    if (!ended) leave(iterator);
  }
  return { ...(await writer.finish()), bytes };
}

/** Collects small chunks and cuts large ones, so that neither the disk nor the event loop is kept with one for long. */
class ContentWriter {
  readonly #handle: FileHandle;
  readonly #sha256 = createHash("sha256");
  readonly #md5 = createHash("md5");
  readonly #piece = new Uint8Array(pieceBytes);
  #filled = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async add(chunk: Uint8Array): Promise<void> {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const some = chunk.subarray(taken, taken + pieceBytes - this.#filled);
      this.#piece.set(some, this.#filled);
      this.#filled += some.byteLength;
      taken += some.byteLength;
      if (this.#filled === pieceBytes) await this.#flush();
    }
  }

  async finish(): Promise<{ hash: string; md5: string }> {
    await this.#flush();
    return { hash: this.#sha256.digest("hex"), md5: this.#md5.digest("hex") };
  }

  async #flush(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    // Hashed while another thread writes.
    const written = writeAll(this.#handle, piece);
    this.#sha256.update(piece);
    this.#md5.update(piece);
    await written;
  }
}

async function writeAll(handle: FileHandle, piece: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < piece.byteLength; ) {
      at += (await handle.write(piece, at, piece.byteLength - at)).bytesWritten;
    }
  } catch (thrown) {
    throw toStorageError(thrown, "write to");
  }
}

/** A promise that ends with the signal. The listener goes with each call: one that stayed would grow with the content. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Tells a source that nobody reads on. One that hangs, or fails at that, is no concern any more. */
function leave(iterator: AsyncIterator<Uint8Array>): void {
  try {
    iterator.return?.().then(undefined, () => {});
  } catch {}
}
