import type { NewJob } from "@gateway/engine";
import { and, eq, ne, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { jobs, vectorStoreFiles } from "./schema.ts";

/** Queues jobs in the transaction of what makes them necessary. Documents are given as the text of a JSON array. */
export interface JobQueue {
  add(job: NewJob): void;
  /** Adds a job unless one of its kind and subject is waiting that will do as well. */
  addOnce(job: NewJob): void;
  /** Queues the ingestion of documents that are in the table already, in their order. */
  addIngestion(tenant: string, documents: string): void;
  /** Removes the queued ingestion of documents. One that runs is left: it finds that there is nothing to do. */
  dropIngestion(documents: string): void;
}

/** A job as its row has it. */
export type JobRow = ReturnType<typeof toJobRow>;

/** The row of a job: taken when the store was called, so that later changes of the payload do not matter. */
export function toJobRow({ kind, tenant, subject, payload, notBefore }: NewJob) {
  return {
    kind,
    tenant,
    subject,
    payload: payload === undefined ? null : JSON.stringify(payload),
    state: notBefore === undefined ? "ready" : "delayed",
    notBefore: notBefore ?? 0,
  };
}

const { placeholder } = sql;

/** Prepares the insertion of a job's row. */
export function prepareInsertJob(orm: BetterSQLite3Database): (row: JobRow) => void {
  const insert = orm
    .insert(jobs)
    .values({
      kind: placeholder("kind"),
      tenant: placeholder("tenant"),
      subject: placeholder("subject"),
      payload: placeholder("payload"),
      state: placeholder("state"),
      notBefore: placeholder("notBefore"),
      attempt: 0,
    })
    .prepare();
  return (row) => void insert.run(row);
}

/** Names the jobs of a kind that are about a subject. */
export interface JobSubject {
  tenant: string;
  kind: string;
  subject: string;
}

/** Prepares the removal of a subject's jobs, running or not; it gives how many there were. */
export function prepareCancelJobs(orm: BetterSQLite3Database): (jobs: JobSubject) => number {
  const cancel = orm
    .delete(jobs)
    .where(
      and(
        eq(jobs.kind, placeholder("kind")),
        eq(jobs.subject, placeholder("subject")),
        eq(jobs.tenant, placeholder("tenant")),
      ),
    )
    .prepare();
  return (subject) => cancel.run({ ...subject }).changes;
}

/** Prepares the queue. Its functions are to be run inside a transaction. */
export function prepareJobQueue(orm: BetterSQLite3Database): JobQueue {
  const insert = prepareInsertJob(orm);
  const ofSubject = and(eq(jobs.kind, placeholder("kind")), eq(jobs.subject, placeholder("subject")));
  const waiting = orm
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(ofSubject, ne(jobs.state, "running")))
    .limit(1)
    .prepare();
  const given = sql`(SELECT value FROM json_each(${placeholder("documents")}))`;
  const insertIngestion = orm
    .insert(jobs)
    .select(
      sql`SELECT NULL, 'ingest', ${placeholder("tenant")}, CAST(${vectorStoreFiles.document} AS TEXT), NULL, 'ready', 0, 0
        FROM ${vectorStoreFiles} WHERE ${vectorStoreFiles.document} IN ${given}
        ORDER BY ${vectorStoreFiles.document}`,
    )
    .prepare();
  const deleteIngestion = orm
    .delete(jobs)
    .where(
      sql`${jobs.kind} = 'ingest' AND ${jobs.state} <> 'running' AND ${jobs.subject} IN
        (SELECT CAST(value AS TEXT) FROM json_each(${placeholder("documents")}))`,
    )
    .prepare();
  return {
    add: (job) => insert(toJobRow(job)),
    addOnce(job) {
      const row = toJobRow(job);
      if (waiting.get({ kind: row.kind, subject: row.subject }) === undefined) insert(row);
    },
    addIngestion: (tenant, documents) => void insertIngestion.run({ tenant, documents }),
    dropIngestion: (documents) => void deleteIngestion.run({ documents }),
  };
}
