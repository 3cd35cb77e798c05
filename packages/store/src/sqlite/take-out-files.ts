import { and, eq, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { type JobQueue, prepareJobQueue } from "./job-queue.ts";
import { vectorStoreFiles } from "./schema.ts";

const { placeholder } = sql;

/** Takes a file out of every store it is in. To be run inside a transaction. */
export type TakeOutFile = (tenant: string, fileSeq: number) => void;

/** Prepares it; the triggers see to the counts of stores and batches. */
export function prepareTakeOutFile(orm: BetterSQLite3Database): TakeOutFile {
  const queue = prepareJobQueue(orm);
  const remove = orm
    .delete(vectorStoreFiles)
    .where(eq(vectorStoreFiles.fileSeq, placeholder("fileSeq")))
    .returning({ document: vectorStoreFiles.document })
    .prepare();
  return (tenant, fileSeq) => forget(queue, tenant, remove.all({ fileSeq }));
}

/** Takes one file out of one store and tells whether it was in it. To be run inside a transaction. */
export type DetachFile = (tenant: string, storeSeq: number, fileSeq: number) => boolean;

/** Prepares it. */
export function prepareDetachFile(orm: BetterSQLite3Database): DetachFile {
  const queue = prepareJobQueue(orm);
  const remove = orm
    .delete(vectorStoreFiles)
    .where(
      and(
        eq(vectorStoreFiles.fileSeq, placeholder("fileSeq")),
        eq(vectorStoreFiles.storeSeq, placeholder("storeSeq")),
      ),
    )
    .returning({ document: vectorStoreFiles.document })
    .prepare();
  return (tenant, storeSeq, fileSeq) => {
    const removed = remove.all({ storeSeq, fileSeq });
    forget(queue, tenant, removed);
    return removed.length > 0;
  };
}

/**
 * Sees to what follows when documents have left their stores, or will not be taken in any more: their ingestion is
 * taken from the queue, and what the search index has of them is to go.
 */
export function forget(queue: JobQueue, tenant: string, rows: readonly { document: number }[]): void {
  if (rows.length === 0) return;
  const documents = rows.map(({ document }) => document);
  queue.dropIngestion(JSON.stringify(documents));
  queue.add({ kind: "unindex", tenant, subject: String(documents[0]), payload: { documents } });
}
