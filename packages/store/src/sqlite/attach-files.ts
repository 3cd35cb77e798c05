import type { NewStoreFile } from "@gateway/engine";
import { notFound } from "@gateway/protocol";
import { and, eq, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { prepareJobQueue } from "./job-queue.ts";
import { files, vectorStoreFiles } from "./schema.ts";
import { forget } from "./take-out-files.ts";
import type { StoreFileRow } from "./vector-store-rows.ts";

/** Files that are to be put into a store, ready to be written: taken when the store was called. */
export interface NewFileRows {
  /** What they will be, in their order. */
  rows: StoreFileRow[];
  /** The same as JSON text, for the database. */
  json: string;
}

/** Takes a snapshot of files. One that is given twice is taken once, as it was given last. */
export function toNewFileRows(given: readonly NewStoreFile[], now: number): NewFileRows {
  const distinct = new Map(given.map((file) => [file.fileId, file]));
  const rows = [...distinct.values()].map(({ fileId, attributes, chunking }) => ({
    fileId,
    createdAt: now,
    status: "in_progress",
    lastError: null,
    usageBytes: 0,
    attributes: JSON.stringify(attributes),
    chunkTokens: chunking.max_chunk_size_tokens,
    overlapTokens: chunking.chunk_overlap_tokens,
  }));
  return { rows, json: JSON.stringify(rows) };
}

/**
 * Puts files into a store and queues their ingestion; those that it has already leave it first. To be run inside a
 * transaction.
 *
 * @throws ApiError 404 when one of them was deleted since the caller looked; the transaction must be rolled back.
 */
export type AttachFiles = (
  place: { tenant: string; storeSeq: number; batchSeq: number | null },
  given: NewFileRows,
  now: number,
) => void;

const { placeholder } = sql;

/**
 * Prepares it. The files of a batch, up to 2000, go through each statement at once: one by one they would cost twice
 * the time, and the event loop stands still meanwhile.
 */
export function prepareAttachFiles(orm: BetterSQLite3Database): AttachFiles {
  const queue = prepareJobQueue(orm);
  const given = sql`json_each(${placeholder("json")}) AS given
    CROSS JOIN ${files} ON ${files.tenant} = ${placeholder("tenant")} AND ${files.id} = given.value ->> 'fileId'`;
  const removeOlder = orm
    .delete(vectorStoreFiles)
    .where(
      and(
        eq(vectorStoreFiles.storeSeq, placeholder("storeSeq")),
        sql`${vectorStoreFiles.fileSeq} IN (SELECT ${files.seq} FROM ${given})`,
      ),
    )
    .returning({ document: vectorStoreFiles.document })
    .prepare();
  const insert = orm
    .insert(vectorStoreFiles)
    .select(
      sql`SELECT NULL, ${placeholder("storeSeq")}, ${files.seq}, ${placeholder("batchSeq")}, ${placeholder("now")},
          'in_progress', NULL, 0, given.value ->> 'attributes', given.value ->> 'chunkTokens',
          given.value ->> 'overlapTokens'
        FROM ${given} ORDER BY given.key`,
    )
    .returning({ document: vectorStoreFiles.document })
    .prepare();
  const selectFile = orm
    .select({ seq: files.seq })
    .from(files)
    .where(and(eq(files.tenant, placeholder("tenant")), eq(files.id, placeholder("id"))))
    .prepare();

  return ({ tenant, storeSeq, batchSeq }, { rows, json }, now) => {
    if (rows.length === 0) return;
    forget(queue, tenant, removeOlder.all({ tenant, storeSeq, json }));
    const added = insert.all({ tenant, storeSeq, batchSeq, now, json });
    if (added.length < rows.length) {
      const missing = rows.find(({ fileId: id }) => selectFile.get({ tenant, id }) === undefined);
      throw notFound(`No such File object: ${missing?.fileId}`, { param: "file_id" });
    }
    queue.addIngestion(tenant, JSON.stringify(added.map(({ document }) => document)));
  };
}
