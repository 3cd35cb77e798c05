import type { BlobIndex } from "@gateway/engine";
import { and, asc, eq, lt, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { blobs } from "./schema.ts";

/**
 * Which content is referred to, in SQLite. The references are counted by triggers, so nothing here has to look for
 * them.
 */
export class SqliteBlobIndex implements BlobIndex {
  readonly #writer: GroupCommit;
  readonly #statements: ReturnType<typeof prepareBlobStatements>;
  /** Content announced from this time on (ms) was not in the last answer of {@link unused}. */
  #askedBefore = Number.MAX_SAFE_INTEGER;

  constructor(orm: BetterSQLite3Database, writer: GroupCommit) {
    this.#writer = writer;
    this.#statements = prepareBlobStatements(orm);
  }

  /** Content that is announced again counts as announced now: someone is about to refer to it. */
  async announce(hash: string, bytes: number): Promise<void> {
    await this.#writer.write(() => this.#statements.announce.run({ hash, bytes, now: Date.now() }));
  }

  async unused(before: number, limit: number): Promise<string[]> {
    return reading(() => {
      this.#askedBefore = before;
      return this.#statements.unused.all({ before, limit }).map(({ hash }) => hash);
    });
  }

  /**
   * Also false for content that was announced again since {@link unused} was asked, or is not known: whoever
   * announced it may be just about to put it in place.
   */
  async forget(hash: string): Promise<boolean> {
    const before = this.#askedBefore;
    return this.#writer.write(() => this.#statements.forget.run({ hash, before }).changes > 0);
  }
}

const { placeholder } = sql;

function prepareBlobStatements(orm: BetterSQLite3Database) {
  // A literal, or SQLite would not use the partial index.
  const isUnused = and(sql`${blobs.refs} = 0`, lt(blobs.announcedAt, placeholder("before")));
  return {
    announce: orm
      .insert(blobs)
      .values({
        hash: placeholder("hash"),
        bytes: placeholder("bytes"),
        announcedAt: placeholder("now"),
        refs: 0,
      })
      .onConflictDoUpdate({ target: blobs.hash, set: { announcedAt: sql`excluded.announced_at` } })
      .prepare(),
    unused: orm
      .select({ hash: blobs.hash })
      .from(blobs)
      .where(isUnused)
      .orderBy(asc(blobs.announcedAt))
      .limit(placeholder("limit"))
      .prepare(),
    forget: orm
      .delete(blobs)
      .where(and(eq(blobs.hash, placeholder("hash")), isUnused))
      .prepare(),
  };
}
