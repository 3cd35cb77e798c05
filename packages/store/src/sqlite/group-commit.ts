import type { ApiError } from "@gateway/protocol";
import type { Database, Statement } from "better-sqlite3";
import { toStorageError } from "../errors.ts";
import { CommitPace } from "./commit-pace.ts";

/** What a {@link GroupCommit} may be told. */
export interface GroupCommitOptions {
  /** While it gives a promise, nothing is committed until that has resolved. */
  hold?: () => Promise<void> | undefined;
  /** Called after each commit; its jobs resolve when the promise does, and are rejected when it is. */
  sync?: () => Promise<void>;
  /** Called after each commit with an estimate of the bytes it added to the write-ahead log. */
  onCommit?: (bytes: number) => void;
  /** Told why a job failed, before its caller is. */
  onFailure?: (error: unknown) => void;
  /** Asked before each transaction: where it gives a reason, the jobs are rejected for it and nothing is written. */
  refusal?: () => Error | undefined;
  /** How long another process may hold the write lock (an operator's `sqlite3`, say) before jobs fail; 5,000. */
  busyLimitMs?: number;
}

/** What has a part in every transaction, beside the jobs. */
export interface TransactionPart {
  /** The last thing in a transaction, before it is committed. Where it throws, nothing of the transaction is written. */
  flush(): void;
  /** Called once it is committed, before the jobs resolve. */
  committed(): void;
  /** Called once it is rolled back. Its jobs may run again in others. */
  rolledBack(): void;
}

interface Job {
  run: () => unknown;
  chars: number;
  resolve: (value: never) => void;
  reject: (error: ApiError) => void;
}

/** A transaction ends at this many jobs or characters, so that it does not stop the event loop for long. */
const maxJobs = 128;
const maxChars = 512 * 1024;
/** Bytes that a job writes besides its text: index entries, and the unused rest of its pages. */
const overheadBytes = 4096;
const busyPauseMs = 10;
/** Under load, jobs that can wait are committed once in so many milliseconds. */
const commitEveryMs = 4;
/** A lock that is met after so long without one is another one. */
const sameLockMs = 1000;

/**
 * The one writer of a database: all jobs of one turn of the event loop go into one transaction, which is
 * committed when the turn ends. A transaction costs more than a row, so this halves the cost of a write
 * under load and adds nothing when there is no load. Under load, jobs that can wait do so for some milliseconds
 * ({@link CommitPace}), or until another job cannot.
 *
 * A job is a synchronous function over the database. It may run twice: when any job of a group fails, the
 * group is rolled back and each of its jobs runs again in a transaction of its own, so that only the guilty
 * one is rejected. Jobs see what earlier jobs wrote, in the order they were given.
 */
export class GroupCommit {
  readonly #client: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  readonly #hold: () => Promise<void> | undefined;
  readonly #sync: (() => Promise<void>) | undefined;
  readonly #onCommit: (bytes: number) => void;
  readonly #onFailure: (error: unknown) => void;
  readonly #refusal: () => Error | undefined;
  readonly #busyLimitMs: number;
  #part: TransactionPart | undefined;
  #queue: Job[] = [];
  /** Jobs that found the database locked: they go before the queue. */
  #waiting: Job[] = [];
  #scheduled = false;
  /** Set while all jobs there are can wait. */
  #pause: NodeJS.Timeout | undefined;
  readonly #pace = new CommitPace(commitEveryMs);
  /** When the lock of another process was met first and last. */
  #busy: { since: number; seen: number } | undefined;
  #closed = false;

  constructor(
    client: Database,
    { hold, sync, onCommit, onFailure, refusal, busyLimitMs = 5000 }: GroupCommitOptions = {},
  ) {
    this.#client = client;
    this.#begin = client.prepare("BEGIN IMMEDIATE");
    this.#commit = client.prepare("COMMIT");
    this.#rollback = client.prepare("ROLLBACK");
    this.#hold = hold ?? (() => undefined);
    this.#sync = sync;
    this.#onCommit = onCommit ?? (() => {});
    this.#onFailure = onFailure ?? (() => {});
    this.#refusal = refusal ?? (() => undefined);
    this.#busyLimitMs = busyLimitMs;
  }

  /** Lets the one there is take part in every transaction from now on. */
  attach(part: TransactionPart): void {
    this.#part = part;
  }

  /**
   * Runs a job and resolves with what it returns, once that is committed. `chars` is about how much text it
   * writes; `canWait` says that it may be committed some milliseconds later.
   *
   * @throws ApiError `storage_error` when the job throws or cannot be committed; nothing of it is written.
   */
  write<T>(run: () => T, chars = 0, canWait = false): Promise<T> {
    if (this.#closed) return Promise.reject(toStorageError(new Error("the store is closed"), "write to"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run, chars, resolve, reject });
      if (canWait) this.#scheduleLater();
      else this.#schedule();
    });
  }

  /** Whether it takes no more jobs. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Takes no more jobs and resolves when those it has are done. */
  async close(): Promise<void> {
    const last = this.write(() => {});
    this.#closed = true;
    await last.catch(() => {});
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    clearTimeout(this.#pause);
    this.#pause = undefined;
    setImmediate(this.#drain);
  }

  #scheduleLater(): void {
    if (this.#scheduled || this.#pause !== undefined) return;
    const ms = this.#pace.pause();
    if (ms === 0) this.#schedule();
    else this.#pause = setTimeout(this.#endPause, ms);
  }

  readonly #endPause = (): void => {
    this.#pause = undefined;
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#drain();
  };

  readonly #drain = (): void => {
    this.#scheduled = false;
    const hold = this.#hold();
    if (hold !== undefined) {
      this.#scheduled = true;
      void hold.then(this.#drain);
      return;
    }
    if (this.#waiting.length > 0) {
      this.#queue = this.#waiting.concat(this.#queue);
      this.#waiting = [];
    }
    this.#settle(this.#takeGroup());
    if (this.#queue.length > 0) this.#schedule();
  };

  #settle(group: readonly Job[]): void {
    const refused = this.#refusal();
    if (refused !== undefined) {
      for (const job of group) job.reject(toStorageError(refused, "write to"));
      return;
    }
    let values: unknown[];
    try {
      values = this.#commitAll(group);
    } catch (error) {
      if (this.#mayWait(error)) this.#tryLater(group);
      else if (group.length > 1) for (const job of group) this.#settle([job]);
      else {
        this.#onFailure(error);
        group[0]?.reject(toStorageError(error, "write to"));
      }
      return;
    }
    this.#busy = undefined;
    this.#onCommit(group.reduce((bytes, { chars }) => bytes + chars + overheadBytes, 0));
    if (this.#sync === undefined) resolveAll(group, values);
    else this.#resolveSynced(group, values, this.#sync());
  }

  #takeGroup(): Job[] {
    let chars = 0;
    let count = 0;
    for (const job of this.#queue) {
      chars += job.chars;
      count++;
      if (count === maxJobs || chars >= maxChars) break;
    }
    return this.#queue.splice(0, count);
  }

  /** Runs jobs in one transaction and gives their values. Throws when any fails; then nothing is written. */
  #commitAll(jobs: readonly Job[]): unknown[] {
    this.#begin.run();
    try {
      const values = jobs.map((job) => job.run());
      this.#part?.flush();
      this.#commit.run();
      this.#pace.spend();
      this.#part?.committed();
      return values;
    } catch (error) {
      // After some errors (a full disk is one) SQLite has rolled back by itself.
      if (this.#client.inTransaction) this.#rollback.run();
      this.#part?.rolledBack();
      throw error;
    }
  }

  #resolveSynced(jobs: readonly Job[], values: readonly unknown[], synced: Promise<void>): void {
    synced.then(
      () => resolveAll(jobs, values),
      (error: unknown) => {
        for (const job of jobs) job.reject(toStorageError(error, "write to"));
      },
    );
  }

  /** True when another process is writing and has not done so for too long. */
  #mayWait(error: unknown): boolean {
    const code = (error as { code?: unknown } | null)?.code;
    if (typeof code !== "string" || !code.startsWith("SQLITE_BUSY")) return false;
    const now = performance.now();
    const since = this.#busy && now - this.#busy.seen < sameLockMs ? this.#busy.since : now;
    this.#busy = { since, seen: now };
    return now - since < this.#busyLimitMs;
  }

  /** SQLite could wait by itself, but would stop the event loop meanwhile. Several groups keep their order. */
  #tryLater(group: readonly Job[]): void {
    this.#waiting.push(...group);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setTimeout(this.#drain, busyPauseMs);
  }
}

function resolveAll(jobs: readonly Job[], values: readonly unknown[]): void {
  for (const [index, job] of jobs.entries()) job.resolve(values[index] as never);
}
