import { and, asc, desc, eq, gt, inArray, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { files, fileTotals, uploads } from "./schema.ts";

export type FileStatements = ReturnType<typeof prepareFileStatements>;

const { placeholder } = sql;

/** The columns of a file that its object and its place are made of. */
export const fileFields = {
  seq: files.seq,
  id: files.id,
  filename: files.filename,
  purpose: files.purpose,
  bytes: files.bytes,
  createdAt: files.createdAt,
  expiresAt: files.expiresAt,
  hash: files.hash,
};

/** Prepares the statements over files. Lists of ids are given as the text of a JSON array. */
export function prepareFileStatements(orm: BetterSQLite3Database) {
  const ofTenant = eq(files.tenant, placeholder("tenant"));
  const byId = and(ofTenant, eq(files.id, placeholder("id")));
  // Told that it is rare, SQLite takes the index by purpose; otherwise it would go through all of the tenant's files.
  const ofPurpose = sql`unlikely(${files.purpose} = ${placeholder("purpose")})`;
  // Few have expired: what has is deleted within a minute.
  const isLive = sql`(${files.expiresAt} IS NULL OR ${files.expiresAt} > ${placeholder("now")})`;
  const pages = (filter: SQL | undefined) => {
    const inWindow = and(
      filter,
      gt(files.seq, placeholder("low")),
      lt(files.seq, placeholder("high")),
      isLive,
    );
    const page = (order: SQL) =>
      orm.select(fileFields).from(files).where(inWindow).orderBy(order).limit(placeholder("limit")).prepare();
    return { ascending: page(asc(files.seq)), descending: page(desc(files.seq)) };
  };
  return {
    insert: orm
      .insert(files)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        filename: placeholder("filename"),
        purpose: placeholder("purpose"),
        bytes: placeholder("bytes"),
        createdAt: placeholder("createdAt"),
        expiresAt: placeholder("expiresAt"),
        hash: placeholder("hash"),
      })
      .prepare(),
    totals: orm
      .select({ files: fileTotals.files, bytes: fileTotals.bytes })
      .from(fileTotals)
      .where(eq(fileTotals.tenant, placeholder("tenant")))
      .prepare(),
    /**
     * What a tenant has in pending uploads. By the index of all that are pending (its order is made use of to have it
     * taken, and the plus keeps the tenant's own from it): those of the tenant include all that it has completed.
     */
    pendingUploads: orm
      .select({
        uploads: sql<number>`count(*)`,
        announced: sql<number>`coalesce(sum(${uploads.bytes}), 0)`,
        received: sql<number>`coalesce(sum(${uploads.received}), 0)`,
      })
      .from(uploads)
      .where(
        sql`${uploads.status} = 'pending' AND ${uploads.expiresAt} > 0 AND +${uploads.tenant} = ${placeholder("tenant")}`,
      )
      .prepare(),
    select: orm.select(fileFields).from(files).where(byId).prepare(),
    selectMany: orm
      .select(fileFields)
      .from(files)
      .where(and(ofTenant, inArray(files.id, sql`(SELECT value FROM json_each(${placeholder("ids")}))`)))
      .prepare(),
    all: pages(ofTenant),
    withPurpose: pages(and(ofTenant, ofPurpose)),
    delete: orm
      .delete(files)
      .where(eq(files.seq, placeholder("seq")))
      .prepare(),
    expired: orm
      .select({ tenant: files.tenant, id: files.id })
      .from(files)
      .where(sql`${files.expiresAt} IS NOT NULL AND ${files.expiresAt} <= ${placeholder("now")}`)
      .orderBy(asc(files.expiresAt))
      .limit(placeholder("limit"))
      .prepare(),
  };
}
