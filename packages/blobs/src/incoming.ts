import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, type FileHandle, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { StoreError, storageClosed, toStorageError } from "./errors.ts";
import { type WrittenContent, writeContent } from "./write-content.ts";

/** Content that has arrived, in a file of its own that nobody else knows of. */
export interface IncomingFile extends WrittenContent {
  path: string;
  /** Removes the file, if it is still there. Never rejects. */
  remove(): Promise<void>;
}

/** What this program calls its files there; others in the directory are not touched. */
const ownName = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Opens a directory for content that arrives, creating it with mode 0700. What an earlier process left half done is
 * removed, so the directory belongs to one process at a time.
 *
 * @throws StoreError when the directory cannot be created, read or written; the message names it.
 */
export async function openIncoming(dir: string): Promise<Incoming> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    const names = await readdir(dir);
    for (const name of names) if (ownName.test(name)) await rm(join(dir, name), { force: true });
  } catch (cause) {
    throw new StoreError(
      `Cannot use the directory ${dir} for files: ${(cause as Error).message}. ` +
        "Make it one that the user the gateway runs as can write to, or name another in the configuration.",
      { cause },
    );
  }
  return new Incoming(dir);
}

/** Where content arrives: each in a file (mode 0600) with a random name, until it is known what it is. */
export class Incoming {
  readonly #dir: string;
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  get closed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Takes content as {@link writeContent} does; where that rejects, the file is removed before this does. */
  async receive(
    source: AsyncIterable<Uint8Array>,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<IncomingFile> {
    const closing = this.#closing.signal;
    const running = this.#receive(
      source,
      maxBytes,
      signal === undefined ? closing : AbortSignal.any([signal, closing]),
    );
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends what is being received, with `storage_error`, and waits until its files are gone. Closing twice is fine. */
  async close(): Promise<void> {
    this.#closing.abort(storageClosed());
    await Promise.allSettled(this.#running);
  }

  async #receive(
    source: AsyncIterable<Uint8Array>,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<IncomingFile> {
    signal.throwIfAborted();
    const path = join(this.#dir, randomUUID());
    const remove = async (): Promise<void> => rm(path, { force: true }).catch(() => {});
    const handle = await open(path, "wx", 0o600).catch((thrown: unknown) => {
      throw toStorageError(thrown, "write to");
    });
    try {
      return { ...(await writeAndClose(source, handle, maxBytes, signal)), path, remove };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  }
}

async function writeAndClose(
  source: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  maxBytes: number,
  signal: AbortSignal,
): Promise<WrittenContent> {
  let written: WrittenContent;
  try {
    written = await writeContent(source, handle, maxBytes, signal);
  } catch (thrown) {
    await handle.close().catch(() => {});
    throw thrown;
  }
  // On some file systems the last write fails only here.
  await handle.close().catch((thrown: unknown) => {
    throw toStorageError(thrown, "write to");
  });
  return written;
}
