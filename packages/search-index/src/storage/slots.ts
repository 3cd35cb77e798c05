import type { Database } from "better-sqlite3";
import { SearchIndexError } from "./errors.ts";
import { chunksPerStore } from "./schema.ts";

/** Gives out the ranges of chunk numbers that stores have. To be used inside a transaction. */
export interface Slots {
  /** The slot of a store, a free one where it has none. */
  of(store: number): number;
  /** The first of `count` chunk numbers that follow each other. */
  take(slot: number, count: number): number;
  /** Says that `count` chunks of a slot are gone. */
  giveBack(slot: number, count: number): void;
  /** Marks that searches of the store may see something else from now on. */
  changed(slot: number): void;
  /** Frees a slot that has no documents, not even such as are being removed. */
  free(slot: number): void;
}

/** Prepares the statements of {@link Slots}. */
export function openSlots(client: Database): Slots {
  const find = client.prepare<[number], number>("SELECT slot FROM stores WHERE store = ?").pluck();
  const insert = client
    .prepare<[number], number>(
      `INSERT INTO stores (slot, store)
       SELECT min(before.slot) + 1, ? FROM (SELECT 0 AS slot UNION ALL SELECT slot FROM stores) AS before
       WHERE NOT EXISTS (SELECT 1 FROM stores AS taken WHERE taken.slot = before.slot + 1)
       RETURNING slot`,
    )
    .pluck();
  const take = client
    .prepare<{ slot: number; count: number }, number>(
      "UPDATE stores SET next = next + $count, chunks = chunks + $count WHERE slot = $slot RETURNING next - $count",
    )
    .pluck();
  const giveBack = client.prepare("UPDATE stores SET chunks = chunks - ? WHERE slot = ?");
  // By chance and not counted up: a slot that was freed and given to another store must not have the same again.
  const changed = client.prepare(
    `UPDATE stores SET version = abs(random() % ${Number.MAX_SAFE_INTEGER}) WHERE slot = ?`,
  );
  const free = client.prepare(
    "DELETE FROM stores WHERE slot = $slot AND NOT EXISTS (SELECT 1 FROM documents WHERE slot = $slot)",
  );
  return {
    of: (store) => find.get(store) ?? (insert.get(store) as number),
    take(slot, count) {
      const next = take.get({ slot, count }) as number;
      if (next + count > chunksPerStore) {
        throw new SearchIndexError(
          `A store has had ${chunksPerStore} chunks added and taken away: make a new store and add its files there.`,
        );
      }
      return slot * chunksPerStore + next;
    },
    giveBack: (slot, count) => void giveBack.run(count, slot),
    changed: (slot) => void changed.run(slot),
    free: (slot) => void free.run({ slot }),
  };
}
