import type { ReceivedBlob } from "@gateway/engine";
import { internal } from "@gateway/protocol";
import { toStorageError } from "./errors.ts";
import type { IncomingFile } from "./incoming.ts";

/**
 * Content that has arrived in a file, and what becomes of it. Kept or discarded, the file is gone afterwards, also
 * where keeping fails. A second `keep` gives the outcome of the first; `discard` after `keep` does nothing.
 */
export class ReceivedFile implements ReceivedBlob {
  readonly hash: string;
  readonly md5: string;
  readonly bytes: number;
  readonly #file: IncomingFile;
  readonly #place: (file: IncomingFile) => Promise<void>;
  #kept: Promise<void> | undefined;
  #discarded: Promise<void> | undefined;

  /** `place` puts the file's content where it is kept; it may move the file away. */
  constructor(file: IncomingFile, place: (file: IncomingFile) => Promise<void>) {
    this.hash = file.hash;
    this.md5 = file.md5;
    this.bytes = file.bytes;
    this.#file = file;
    this.#place = place;
  }

  /** Rejects with `storage_error`, also where the content was discarded before. */
  keep(): Promise<void> {
    this.#kept ??= this.#keep();
    return this.#kept;
  }

  async discard(): Promise<void> {
    if (this.#kept !== undefined) return;
    this.#discarded ??= this.#file.remove();
    await this.#discarded;
  }

  async #keep(): Promise<void> {
    if (this.#discarded !== undefined) {
      throw internal("Content that was discarded cannot be kept.", { code: "storage_error" });
    }
    try {
      await this.#place(this.#file);
    } catch (thrown) {
      throw toStorageError(thrown, "write to");
    } finally {
      await this.#file.remove();
    }
  }
}
