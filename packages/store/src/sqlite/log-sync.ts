import { closeSync, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";

const toDisk = promisify(fdatasync);

/**
 * Brings commits to the disk's own storage without stopping the event loop, which SQLite's
 * `synchronous = FULL` does for the length of an fsync in each commit. SQLite runs with `NORMAL`, which
 * keeps a database whole over a power cut but may lose the last commits; here they are synced right after
 * the commit, on Node's thread pool, and their callers wait for that.
 *
 * That is enough: what is not in the log any more was moved into the database, and a checkpoint syncs both
 * before the log starts over. Opening the log's file is safe: SQLite takes its locks on the other two.
 */
export class LogSync {
  readonly #fd: number;
  #running: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** `file` is the database; its log exists once it was read in WAL mode. */
  constructor(file: string) {
    this.#fd = openSync(`${file}-wal`, "r+");
  }

  /**
   * Resolves when everything committed before the call is on the disk. Calls made while a sync runs share
   * the next one.
   *
   * Once a sync has failed, this and every later one is rejected: the system may have dropped what it could
   * not write, and a later success would say nothing about it.
   */
  sync(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      this.#running = toDisk(this.#fd);
      return this.#running;
    });
    return this.#next;
  }

  /** To be called when no sync is under way. */
  close(): void {
    closeSync(this.#fd);
  }
}
