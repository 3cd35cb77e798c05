import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { BlobStore, ByteRange, ReceivedBlob } from "@gateway/engine";
import { checkHash, checkRange } from "./content-request.ts";
import { missingContent, outsideContent, storageClosed, toStorageError } from "./errors.ts";
import { type Incoming, type IncomingFile, openIncoming } from "./incoming.ts";
import { readSpan } from "./read-span.ts";
import { ReceivedFile } from "./received-file.ts";

/** Settings of {@link openDirectoryBlobs}. */
export interface DirectoryBlobsOptions {
  /** Where content is kept. Created with mode 0700 where it is missing. One process at a time may use it. */
  dir: string;
}

/**
 * Keeps content in a directory: what arrives in `incoming/`, what is kept as `ab/cd/HASH`, where `abcd` are the first
 * digits of the hash. Leftovers of uploads that an earlier process did not end are removed.
 *
 * @throws StoreError when the directory cannot be created, read or written; the message names it and what to do.
 */
export async function openDirectoryBlobs(options: DirectoryBlobsOptions): Promise<BlobStore> {
  const dir = resolve(options.dir);
  return new DirectoryBlobs(dir, await openIncoming(join(dir, "incoming")));
}

class DirectoryBlobs implements BlobStore {
  readonly #dir: string;
  readonly #incoming: Incoming;
  /** Directories that are themselves known to survive a power cut; there can be 65,536. */
  readonly #durable = new Set<string>();

  constructor(dir: string, incoming: Incoming) {
    this.#dir = dir;
    this.#incoming = incoming;
  }

  async receive(
    source: AsyncIterable<Uint8Array>,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<ReceivedBlob> {
    const file = await this.#incoming.receive(source, maxBytes, signal);
    return new ReceivedFile(file, this.#place);
  }

  /** A span that ends behind the content is cut there; one that begins there is a `storage_error`. */
  async read(hash: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const path = this.#pathOf(hash);
    checkRange(range);
    const handle = await open(path).catch((thrown: unknown) => {
      throw isMissing(thrown) ? missingContent(thrown) : toStorageError(thrown, "read from");
    });
    try {
      const { size } = await handle.stat();
      if (range !== undefined && range.start >= size) throw outsideContent();
      return await readSpan(handle, range?.start ?? 0, Math.min(size, (range?.end ?? size) + 1));
    } catch (thrown) {
      await handle.close().catch(() => {});
      throw toStorageError(thrown, "read from");
    }
  }

  async delete(hash: string): Promise<void> {
    const path = this.#pathOf(hash);
    await rm(path, { force: true }).catch((thrown: unknown) => {
      throw toStorageError(thrown, "write to");
    });
  }

  close(): Promise<void> {
    return this.#incoming.close();
  }

  /**
   * Moves a file to its place. Both it and its name are on the disk afterwards. A rename replaces what is there in
   * one step, so that the same content may be put in place several times at once, and while it is read.
   */
  readonly #place = async (file: IncomingFile): Promise<void> => {
    const path = this.#pathOf(file.hash);
    const parent = dirname(path);
    await syncToDisk(file.path);
    await mkdir(parent, { recursive: true, mode: 0o700 });
    await rename(file.path, path);
    await syncDirectory(parent);
    if (this.#durable.has(parent)) return;
    await syncDirectory(dirname(parent));
    await syncDirectory(this.#dir);
    this.#durable.add(parent);
  };

  #pathOf(hash: string): string {
    if (this.#incoming.closed) throw storageClosed();
    checkHash(hash);
    return join(this.#dir, hash.slice(0, 2), hash.slice(2, 4), hash);
  }
}

/** Waits until the names in a directory are on the disk. Windows cannot, and keeps them with the files. */
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform !== "win32") await syncToDisk(dir, "r");
}

async function syncToDisk(path: string, flags: "r" | "r+" = "r+"): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException).code === "ENOENT";
}
