import type { Job, JobStore, NewJob } from "@gateway/engine";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { prepareCancelJobs, prepareInsertJob, toJobRow } from "./job-queue.ts";
import { type JobStatements, prepareJobStatements } from "./job-statements.ts";

/** Delayed jobs made ready by one claim; more wait for the next, so that none stops the event loop for long. */
const wakeLimit = 1000;

/** Jobs in SQLite. */
export class SqliteJobStore implements JobStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: JobStatements;
  readonly #insert: ReturnType<typeof prepareInsertJob>;
  readonly #cancel: ReturnType<typeof prepareCancelJobs>;
  /** By kind, the tenant whose job was taken last: the next claim begins after it. */
  readonly #lastTenant = new Map<string, string>();

  /** `erased` is called after jobs were removed that were not done, with what their payloads hold. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareJobStatements(orm);
    this.#insert = prepareInsertJob(orm);
    this.#cancel = prepareCancelJobs(orm);
  }

  async enqueue(jobs: readonly NewJob[]): Promise<void> {
    const rows = jobs.map(toJobRow);
    const chars = rows.reduce((sum, { payload }) => sum + (payload?.length ?? 0), 0);
    await this.#writer.write(() => {
      for (const row of rows) this.#insert(row);
    }, chars);
  }

  /**
   * Goes round the tenants in the order of their names, from the one after the tenant that was served last, also by
   * an earlier claim. Each takes a few steps down an index, however many jobs there are. A job whose time has come
   * takes the place it was queued at, not one at the end.
   */
  async claim(kind: string, limit: number, now: number): Promise<Job[]> {
    const next = await this.nextAt(kind);
    if (next === undefined || next > now) return [];
    return this.#writer.write(() => {
      this.#statements.wake.run({ kind, now, limit: wakeLimit });
      const taken: Job[] = [];
      while (taken.length < limit) {
        const row = this.#takeNext(kind);
        if (row === undefined) break;
        this.#lastTenant.set(kind, row.tenant);
        const { payload, ...job } = row;
        taken.push({ ...job, payload: payload === null ? undefined : (JSON.parse(payload) as unknown) });
      }
      return taken;
    });
  }

  async has(tenant: string, kind: string, subject: string): Promise<boolean> {
    return reading(() => this.#statements.ofSubject.get({ tenant, kind, subject }) !== undefined);
  }

  async cancel(tenant: string, kind: string, subject: string): Promise<void> {
    const cancelled = await this.#writer.write(() => this.#cancel({ tenant, kind, subject }));
    if (cancelled > 0) this.#erased();
  }

  async finish(id: number): Promise<void> {
    await this.#writer.write(() => this.#statements.delete.run({ id }));
  }

  async retry(id: number, notBefore: number): Promise<void> {
    await this.#writer.write(() => this.#statements.retry.run({ id, notBefore }));
  }

  async giveBack(id: number): Promise<void> {
    await this.#writer.write(() => this.#statements.giveBack.run({ id }));
  }

  async releaseAll(): Promise<number> {
    return this.#writer.write(() => this.#statements.releaseAll.run().changes);
  }

  /** 0 where one may begin at once. */
  async nextAt(kind: string): Promise<number | undefined> {
    return reading(() => {
      if (this.#statements.anyReady.get({ kind }) !== undefined) return 0;
      return this.#statements.firstDelayed.get({ kind })?.notBefore;
    });
  }

  #takeNext(kind: string): ReturnType<JobStatements["takeFirst"]["get"]> {
    const tenant = this.#lastTenant.get(kind);
    const after = tenant === undefined ? undefined : this.#statements.takeAfter.get({ kind, tenant });
    return after ?? this.#statements.takeFirst.get({ kind });
  }
}
