import { asc, eq, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { GroupCommit } from "./group-commit.ts";
import { type JobQueue, prepareJobQueue } from "./job-queue.ts";
import { deletedVectorStores, fileBatches, vectorStoreFiles } from "./schema.ts";

/** Rows removed in one transaction. */
const sliceRows = 500;
/** About what the pages they are on come to, for the checkpoints. */
const sliceChars = sliceRows * 1000;

/**
 * Removes what belonged to stores that were deleted. Nobody sees it any more, so it need not go in one transaction:
 * it goes in slices, between which the event loop has its turn. What is left is noted in a table, and found there by
 * the next start when this process ends before.
 */
export class DeletedStores {
  readonly #writer: GroupCommit;
  readonly #queue: JobQueue;
  readonly #statements: ReturnType<typeof prepareSweepStatements>;

  constructor(orm: BetterSQLite3Database, writer: GroupCommit) {
    this.#writer = writer;
    this.#queue = prepareJobQueue(orm);
    this.#statements = prepareSweepStatements(orm);
  }

  /** Notes a store whose row was deleted, and removes the first slice. To be run in the same transaction. */
  note(storeSeq: number): void {
    this.#statements.note.run({ storeSeq });
    this.#removeSlice(storeSeq);
  }

  /** Removes all that is left of one store. Rejects when it cannot be written, or is closed meanwhile. */
  async remove(storeSeq: number): Promise<void> {
    while (this.#statements.isNoted.get({ storeSeq }) !== undefined) {
      await this.#writer.write(() => this.#removeSlice(storeSeq), sliceChars);
    }
  }

  /** The same for every store that was noted. */
  async sweep(): Promise<void> {
    for (;;) {
      const first = this.#statements.first.get();
      if (first === undefined) return;
      await this.remove(first.storeSeq);
    }
  }

  #removeSlice(storeSeq: number): void {
    const rows = this.#statements.removeFiles.all({ storeSeq });
    this.#queue.dropIngestion(JSON.stringify(rows.map(({ document }) => document)));
    if (rows.length === sliceRows) return;
    if (this.#statements.removeBatches.run({ storeSeq }).changes === sliceRows) return;
    this.#statements.strike.run({ storeSeq });
  }
}

const { placeholder } = sql;

function prepareSweepStatements(orm: BetterSQLite3Database) {
  const { document, storeSeq } = vectorStoreFiles;
  const { seq } = fileBatches;
  return {
    note: orm
      .insert(deletedVectorStores)
      .values({ storeSeq: placeholder("storeSeq") })
      .prepare(),
    first: orm
      .select()
      .from(deletedVectorStores)
      .orderBy(asc(deletedVectorStores.storeSeq))
      .limit(1)
      .prepare(),
    isNoted: orm
      .select()
      .from(deletedVectorStores)
      .where(eq(deletedVectorStores.storeSeq, placeholder("storeSeq")))
      .prepare(),
    strike: orm
      .delete(deletedVectorStores)
      .where(eq(deletedVectorStores.storeSeq, placeholder("storeSeq")))
      .prepare(),
    removeFiles: orm
      .delete(vectorStoreFiles)
      .where(
        sql`${document} IN (SELECT ${document} FROM ${vectorStoreFiles}
          WHERE ${storeSeq} = ${placeholder("storeSeq")} LIMIT ${sql.raw(String(sliceRows))})`,
      )
      .returning({ document })
      .prepare(),
    removeBatches: orm
      .delete(fileBatches)
      .where(
        sql`${seq} IN (SELECT ${seq} FROM ${fileBatches}
          WHERE ${fileBatches.storeSeq} = ${placeholder("storeSeq")} LIMIT ${sql.raw(String(sliceRows))})`,
      )
      .prepare(),
  };
}
