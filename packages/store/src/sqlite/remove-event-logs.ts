import { asc, eq, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { GroupCommit } from "./group-commit.ts";
import { deletedEventLogs, responseEvents } from "./schema.ts";

/** Rows removed in one transaction: a few milliseconds where they are as large as rows become. */
const sliceRows = 64;
/** About what they come to, for the checkpoints. */
const sliceChars = sliceRows * 32 * 1024;

/**
 * Removes the events of responses that were deleted. Nobody can read them any more, so a long log need not go in one
 * transaction: it goes in slices, between which the event loop has its turn. What is left is noted in a table, and
 * found there by the next start when this process ends before.
 */
export class DeletedEventLogs {
  readonly #writer: GroupCommit;
  readonly #statements: ReturnType<typeof prepareRemoval>;

  constructor(orm: BetterSQLite3Database, writer: GroupCommit) {
    this.#writer = writer;
    this.#statements = prepareRemoval(orm);
  }

  /**
   * Removes the first slice of a response's events, and notes the response when there are more, which
   * {@link removeRest} then takes. To be run in the transaction that deletes the response. True when that was all.
   */
  remove(responseSeq: number): boolean {
    if (this.#statements.slice.run({ responseSeq }).changes < sliceRows) return true;
    this.#statements.note.run({ responseSeq });
    return false;
  }

  /** Removes what {@link remove} has left. Rejects when the store is closed meanwhile. */
  async removeRest(responseSeq: number): Promise<void> {
    while (!(await this.#writer.write(() => this.#removeNext(responseSeq), sliceChars)));
  }

  /** Removes all that a former process has left. Rejects when the store is closed meanwhile. */
  async sweep(): Promise<void> {
    for (const { responseSeq } of this.#statements.noted.all()) await this.removeRest(responseSeq);
  }

  #removeNext(responseSeq: number): boolean {
    if (this.#statements.slice.run({ responseSeq }).changes === sliceRows) return false;
    this.#statements.strike.run({ responseSeq });
    return true;
  }
}

function prepareRemoval(orm: BetterSQLite3Database) {
  const { placeholder } = sql;
  const { seq, responseSeq } = responseEvents;
  return {
    slice: orm
      .delete(responseEvents)
      .where(
        sql`${seq} IN (SELECT ${seq} FROM ${responseEvents}
          WHERE ${responseSeq} = ${placeholder("responseSeq")} LIMIT ${sql.raw(String(sliceRows))})`,
      )
      .prepare(),
    note: orm
      .insert(deletedEventLogs)
      .values({ responseSeq: placeholder("responseSeq") })
      // Retention may have begun to remove it.
      .onConflictDoNothing()
      .prepare(),
    noted: orm.select().from(deletedEventLogs).orderBy(asc(deletedEventLogs.responseSeq)).prepare(),
    strike: orm
      .delete(deletedEventLogs)
      .where(eq(deletedEventLogs.responseSeq, placeholder("responseSeq")))
      .prepare(),
  };
}
