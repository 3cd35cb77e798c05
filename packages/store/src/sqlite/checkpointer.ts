import type { Database } from "better-sqlite3";
import { MaintenanceThread, ThreadGoneError } from "./maintenance-thread.ts";

/** Settings of a {@link Checkpointer}. */
export interface CheckpointerOptions {
  /** Checkpoint after about this many bytes of writes. */
  stepBytes: number;
  /** Let the write-ahead log grow to about this many bytes; it may come to twice as much. */
  limitBytes: number;
  /** Milliseconds after a write until it is checkpointed, however small. */
  intervalMs: number;
  /** Told when a checkpoint fails. Nothing is lost, but the log grows. */
  onProblem: (problem: Error) => void;
}

const pageBytes = 4096;
/** SQLite's own checkpoints, on the event loop: taken only when the thread is lost. */
const fallbackPages = 1000;

/**
 * Moves what the write-ahead log holds into the database, on another thread: a checkpoint waits for the
 * disk, 10-20 ms and more.
 *
 * A checkpoint does not stop the writer, so under load it ends with new pages in the log already, and the
 * log, which starts over only when all of it was moved, would grow without end. Past the limit the writer
 * is therefore asked to hold its transactions (its callers wait, the event loop does not) while a second
 * checkpoint moves the few pages that are left. It is asked too when it writes more than the limit while
 * one checkpoint runs: then the disk is too slow for it. A reader in another process can keep a checkpoint
 * from completing; then the writer is let go, and the next step tries again.
 */
export class Checkpointer {
  readonly #client: Database;
  readonly #thread: MaintenanceThread;
  readonly #options: CheckpointerOptions;
  #pendingBytes = 0;
  #erase = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #exclusive = false;
  #stopped = false;

  constructor(client: Database, file: string, options: CheckpointerOptions) {
    this.#client = client;
    this.#thread = new MaintenanceThread(file);
    this.#options = options;
    client.pragma("wal_autocheckpoint = 0");
    // After an outsized log, say while a backup was read, give the space back.
    client.pragma(`journal_size_limit = ${options.limitBytes}`);
  }

  /** The promise to wait for before the next transaction, if any. */
  get hold(): Promise<void> | undefined {
    return this.#exclusive || this.#pendingBytes > this.#options.limitBytes ? this.#running : undefined;
  }

  /** Notes a commit of about so many bytes. */
  wrote(bytes: number): void {
    this.#pendingBytes += bytes;
    this.#plan();
  }

  /**
   * Notes that content was deleted. The log still has its pages, so the next checkpoint, at the latest
   * after the interval, also empties the log's file.
   */
  erased(): void {
    this.#erase = true;
    this.#plan();
  }

  /** Waits for the checkpoint under way and ends the thread. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.#thread.close();
  }

  #plan(): void {
    if (this.#stopped || this.#running !== undefined) return;
    if (this.#pendingBytes >= this.#options.stepBytes) this.#start();
    else if (this.#pendingBytes > 0 || this.#erase) {
      this.#timer ??= setTimeout(this.#start, this.#options.intervalMs).unref();
    }
  }

  readonly #start = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#plan();
    });
  };

  async #run(): Promise<void> {
    const erase = this.#erase;
    this.#pendingBytes = 0;
    this.#erase = false;
    try {
      const { log } = await this.#thread.call("checkpoint", "PASSIVE");
      if (erase) {
        this.#exclusive = true;
        const { busy } = await this.#thread.call("checkpoint", "TRUNCATE");
        this.#erase ||= busy !== 0;
      } else if (this.#pendingBytes > 0 && log * pageBytes > this.#options.limitBytes) {
        this.#exclusive = true;
        await this.#thread.call("checkpoint", "PASSIVE");
      }
    } catch (error) {
      this.#erase ||= erase;
      this.#failed(error as Error);
    } finally {
      this.#exclusive = false;
    }
  }

  #failed(error: Error): void {
    if (error instanceof ThreadGoneError) {
      this.#stopped = true;
      this.#client.pragma(`wal_autocheckpoint = ${fallbackPages}`);
    }
    this.#options.onProblem(error);
  }
}
