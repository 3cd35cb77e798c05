import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** Room that there has to be again after a disk was full. */
const roomBytes = 1024 * 1024;

/**
 * Remembers that a disk was full. A small write can work all the same, in the room that the write-ahead log has
 * already, while larger ones go on failing; so the disk itself is asked whether that is over.
 */
export class DiskRoom {
  readonly #directory: string;
  #wasFull = false;

  /** `file` is one on that disk. */
  constructor(file: string) {
    this.#directory = dirname(file);
  }

  /** Notes a failed write: only what SQLite says of a full disk counts. */
  noteFailure(error: unknown): void {
    if ((error as { code?: unknown } | null)?.code === "SQLITE_FULL") this.#wasFull = true;
  }

  /** False from a write that found the disk full until there is room again. */
  hasRoom(): boolean {
    if (!this.#wasFull) return true;
    const { bavail, bsize } = statfsSync(this.#directory);
    this.#wasFull = bavail * bsize < roomBytes;
    return !this.#wasFull;
  }
}
