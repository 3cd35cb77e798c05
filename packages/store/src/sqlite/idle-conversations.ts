import type { Database, Statement } from "better-sqlite3";
import { type RemovalSlice, sliceRows } from "./removal-slice.ts";
import { drain } from "./remove-ended.ts";

/**
 * Removes conversations that nobody has written to for long. Their items go first, in slices; from the first slice on
 * the conversation has no tenant, so that nobody sees a part of it, and stands before all others in the order of
 * activity, so that the next sweep, or the next start, goes on with it.
 */
export class IdleConversations {
  readonly #idle: Statement<[number], number>;
  readonly #unfinished: Statement<[], number>;
  readonly #items: Statement<[number, number], { key: number; bytes: number }>;
  readonly #removeItem: Statement<[number]>;
  readonly #hide: Statement<[number]>;
  readonly #remove: Statement<[number]>;

  constructor(client: Database) {
    this.#idle = client
      .prepare<[number], number>(
        `SELECT seq FROM conversations WHERE last_active_at < ? ORDER BY last_active_at, seq LIMIT ${sliceRows}`,
      )
      .pluck();
    this.#unfinished = client
      .prepare<[], number>("SELECT seq FROM conversations WHERE last_active_at = -1 LIMIT 1")
      .pluck();
    this.#items = client.prepare(
      `SELECT position AS key, octet_length(item) AS bytes FROM conversation_items
       WHERE conversation_seq = ? ORDER BY position LIMIT ?`,
    );
    this.#removeItem = client.prepare("DELETE FROM conversation_items WHERE position = ?");
    this.#hide = client.prepare(
      `UPDATE conversations SET tenant = '', id = seq, metadata = '{}', last_active_at = -1
       WHERE seq = ? AND last_active_at <> -1`,
    );
    this.#remove = client.prepare("DELETE FROM conversations WHERE seq = ?");
  }

  /** Whether a conversation is being removed, by this process or a former one. */
  hasUnfinished(): boolean {
    return this.#unfinished.get() !== undefined;
  }

  /** Removes conversations while the slice has room; gives how many. To be run inside a transaction. */
  remove(before: number, slice: RemovalSlice): number {
    let removed = 0;
    for (const seq of this.#idle.all(before)) {
      if (slice.isFull) break;
      const isAll = drain(this.#items, this.#removeItem, seq, slice);
      slice.took((isAll ? this.#remove : this.#hide).run(seq).changes);
      if (!isAll) break;
      removed++;
    }
    return removed;
  }
}
