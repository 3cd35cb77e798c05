import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { fileBatches, files, vectorStoreFiles, vectorStores } from "./schema.ts";

export type StoreFileStatements = ReturnType<typeof prepareStoreFileStatements>;

const { placeholder } = sql;

const fields = {
  document: vectorStoreFiles.document,
  fileSeq: vectorStoreFiles.fileSeq,
  batchSeq: vectorStoreFiles.batchSeq,
  fileId: files.id,
  createdAt: vectorStoreFiles.createdAt,
  status: vectorStoreFiles.status,
  lastError: vectorStoreFiles.lastError,
  usageBytes: vectorStoreFiles.usageBytes,
  attributes: vectorStoreFiles.attributes,
  chunkTokens: vectorStoreFiles.chunkTokens,
  overlapTokens: vectorStoreFiles.overlapTokens,
};

/** Prepares the statements over the files of a store and its batches. */
export function prepareStoreFileStatements(orm: BetterSQLite3Database) {
  const ofStore = eq(vectorStoreFiles.storeSeq, placeholder("storeSeq"));
  const ofBatch = eq(vectorStoreFiles.batchSeq, placeholder("batchSeq"));
  // Told that it is rare, SQLite takes the index by status; otherwise it would go through all files of the store.
  const withStatus = sql`unlikely(${vectorStoreFiles.status} = ${placeholder("status")})`;
  const pages = (filter: SQL | undefined) => {
    const inWindow = and(
      filter,
      gt(vectorStoreFiles.document, placeholder("low")),
      lt(vectorStoreFiles.document, placeholder("high")),
    );
    const page = (order: SQL) =>
      orm
        .select(fields)
        .from(vectorStoreFiles)
        .innerJoin(files, eq(files.seq, vectorStoreFiles.fileSeq))
        .where(inWindow)
        .orderBy(order)
        .limit(placeholder("limit"))
        .prepare();
    return {
      ascending: page(asc(vectorStoreFiles.document)),
      descending: page(desc(vectorStoreFiles.document)),
    };
  };
  const batchById = and(
    eq(fileBatches.storeSeq, placeholder("storeSeq")),
    eq(fileBatches.id, placeholder("batchId")),
  );
  return {
    /** A file by its own id; a store of another tenant has none of this tenant's files. */
    select: orm
      .select(fields)
      .from(files)
      .innerJoin(
        vectorStores,
        and(eq(vectorStores.tenant, placeholder("tenant")), eq(vectorStores.id, placeholder("storeId"))),
      )
      .innerJoin(
        vectorStoreFiles,
        and(eq(vectorStoreFiles.fileSeq, files.seq), eq(vectorStoreFiles.storeSeq, vectorStores.seq)),
      )
      .where(and(eq(files.tenant, placeholder("tenant")), eq(files.id, placeholder("fileId"))))
      .prepare(),
    inStore: { all: pages(ofStore), withStatus: pages(and(ofStore, withStatus)) },
    // Of a batch there are at most a few thousand: no index by status is needed.
    inBatch: { all: pages(ofBatch), withStatus: pages(and(ofBatch, withStatus)) },
    setAttributes: orm
      .update(vectorStoreFiles)
      .set({ attributes: sql`${placeholder("attributes")}` })
      .where(eq(vectorStoreFiles.document, placeholder("document")))
      .prepare(),
    insertBatch: orm
      .insert(fileBatches)
      .values({
        storeSeq: placeholder("storeSeq"),
        id: placeholder("batchId"),
        createdAt: placeholder("now"),
        wasCancelled: false,
        inProgress: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
      })
      .prepare(),
    batch: orm.select().from(fileBatches).where(batchById).prepare(),
    markCancelled: orm
      .update(fileBatches)
      .set({ wasCancelled: true })
      .where(eq(fileBatches.seq, placeholder("batchSeq")))
      .prepare(),
    cancelFiles: orm
      .update(vectorStoreFiles)
      .set({ status: "cancelled" })
      .where(and(ofBatch, sql`${vectorStoreFiles.status} = 'in_progress'`))
      .returning({ document: vectorStoreFiles.document })
      .prepare(),
  };
}
