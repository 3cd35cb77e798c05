import { and, asc, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { jobs } from "./schema.ts";

export type JobStatements = ReturnType<typeof prepareJobStatements>;

const { placeholder } = sql;

/** Prepares the statements over jobs. States are literals, or SQLite would not use the partial indexes. */
export function prepareJobStatements(orm: BetterSQLite3Database) {
  const ofKind = eq(jobs.kind, placeholder("kind"));
  const isReady = sql`${jobs.state} = 'ready'`;
  const isDelayed = sql`${jobs.state} = 'delayed'`;
  const isRunning = sql`${jobs.state} = 'running'`;
  /** Marks the oldest ready job of the first tenant, by name, that fits. */
  const take = (tenants?: SQL) =>
    orm
      .update(jobs)
      .set({ state: "running", attempt: sql`${jobs.attempt} + 1` })
      .where(
        eq(
          jobs.id,
          orm
            .select({ id: jobs.id })
            .from(jobs)
            .where(and(ofKind, isReady, tenants))
            .orderBy(asc(jobs.tenant), asc(jobs.id))
            .limit(1),
        ),
      )
      .returning({
        id: jobs.id,
        kind: jobs.kind,
        tenant: jobs.tenant,
        subject: jobs.subject,
        payload: jobs.payload,
        attempt: jobs.attempt,
      })
      .prepare();
  return {
    takeFirst: take(),
    takeAfter: take(gt(jobs.tenant, placeholder("tenant"))),
    /** Makes delayed jobs ready whose time has come, those due longest first. */
    wake: orm
      .update(jobs)
      .set({ state: "ready" })
      .where(
        sql`${jobs.id} IN (${orm
          .select({ id: jobs.id })
          .from(jobs)
          .where(and(ofKind, isDelayed, lte(jobs.notBefore, placeholder("now"))))
          .orderBy(asc(jobs.notBefore))
          .limit(placeholder("limit"))})`,
      )
      .prepare(),
    anyReady: orm.select({ id: jobs.id }).from(jobs).where(and(ofKind, isReady)).limit(1).prepare(),
    firstDelayed: orm
      .select({ notBefore: jobs.notBefore })
      .from(jobs)
      .where(and(ofKind, isDelayed))
      .orderBy(asc(jobs.notBefore))
      .limit(1)
      .prepare(),
    ofSubject: orm
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(ofKind, eq(jobs.subject, placeholder("subject")), eq(jobs.tenant, placeholder("tenant"))))
      .limit(1)
      .prepare(),
    retry: orm
      .update(jobs)
      .set({ state: "delayed", notBefore: sql`${placeholder("notBefore")}` })
      .where(and(eq(jobs.id, placeholder("id")), isRunning))
      .prepare(),
    giveBack: orm
      .update(jobs)
      .set({ state: "ready", attempt: sql`${jobs.attempt} - 1` })
      .where(and(eq(jobs.id, placeholder("id")), isRunning))
      .prepare(),
    releaseAll: orm.update(jobs).set({ state: "ready" }).where(isRunning).prepare(),
    delete: orm
      .delete(jobs)
      .where(eq(jobs.id, placeholder("id")))
      .prepare(),
  };
}
