import type { Database } from "better-sqlite3";
import { fromStoredText } from "./chunk-text.ts";
import { immediate } from "./immediate.ts";
import { openSlots } from "./slots.ts";
import { openVectorTables } from "./vector-tables.ts";
import { toIndexWords } from "./words.ts";

/** Chunks that one step removes: some milliseconds of work. */
const chunksPerStep = 32;

/** Documents of a store that are taken away in one step. */
const documentsPerStep = 200;

/** Pages of the word index that a step of its clean-up writes. */
const pagesPerMerge = 64;

/**
 * From this share of all chunks on, the words of what is removed are struck out, and the word index is written
 * anew at the end. Below it they are cut out of the index one by one, which costs a hundred times as much for
 * each chunk and nothing for the others (SQLite, "FTS5 secure-delete").
 */
const shareForMerge = 0.01;

/** Removal in two parts: at once from what is found, and then from the file, piece by piece. */
export interface Removal {
  /** Takes documents away, as part of the transaction it is called in; none of them is found after it. */
  detach(documents: readonly number[]): void;
  /** {@link detach} for some of a store's documents up to the one with the key `last`. False when none was left. */
  detachSome(store: number, last: number): boolean;
  /** The highest key that a store's documents have now; undefined where it has none. */
  lastKey(store: number): number | undefined;
  /** Takes away all documents that are not sealed. */
  detachUnsealed(): void;
  /** Removes a piece of what was taken away. False when nothing was left to do. */
  step(): boolean;
}

interface Leftover {
  key: number;
  slot: number;
  dimensions: number | null;
}

/** Prepares the statements of {@link Removal}. */
export function openRemoval(client: Database): Removal {
  const slots = openSlots(client);
  const vectorTables = openVectorTables(client);
  const detach = client
    .prepare<[number], number>(
      "UPDATE documents SET document = NULL, sealed = 0 WHERE document = ? RETURNING slot",
    )
    .pluck();
  const ofStore = `slot = (SELECT slot FROM stores WHERE store = ?) AND document IS NOT NULL`;
  const some = client
    .prepare<[number, number, number], number>(
      `SELECT document FROM documents WHERE ${ofStore} AND key <= ? LIMIT ?`,
    )
    .pluck();
  const lastKey = client
    .prepare<[number], number | null>(`SELECT max(key) FROM documents WHERE ${ofStore}`)
    .pluck();
  const detachUnsealed = client.prepare(
    "UPDATE documents SET document = NULL WHERE sealed = 0 AND document IS NOT NULL",
  );
  const leftover = client.prepare<[], Leftover>(
    "SELECT key, slot, dimensions FROM documents WHERE sealed = 0 AND document IS NULL LIMIT 1",
  );
  const leftoverChunks = client
    .prepare<[], number>("SELECT sum(chunks) FROM documents WHERE sealed = 0 AND document IS NULL")
    .pluck();
  const allChunks = client.prepare<[], number>("SELECT sum(chunks) FROM stores").pluck();
  const removeDocument = client.prepare("DELETE FROM documents WHERE key = ?");
  const lastSpan = client.prepare<[number], { first: number; count: number }>(
    "SELECT first, count FROM spans WHERE key = ? ORDER BY ordinal DESC LIMIT 1",
  );
  const shrinkSpan = client.prepare("UPDATE spans SET count = count - ? WHERE first = ?");
  const shrinkDocument = client.prepare("UPDATE documents SET chunks = chunks - ? WHERE key = ?");
  const removeSpan = client.prepare("DELETE FROM spans WHERE first = ?");
  const chunks = client.prepare<[number, number], { id: number; text: string | Buffer }>(
    "SELECT id, text FROM chunks WHERE id BETWEEN ? AND ?",
  );
  const removeChunks = client.prepare("DELETE FROM chunks WHERE id BETWEEN ? AND ?");
  const removeWords = client.prepare(
    "INSERT INTO words (words, rowid, list) VALUES ('delete', CAST(? AS INTEGER), ?)",
  );
  const secureDelete = client.prepare(
    "INSERT INTO words (words, rank) VALUES ('secure-delete', CAST(? AS INTEGER))",
  );
  const merge = client.prepare("INSERT INTO words (words, rank) VALUES ('merge', CAST(? AS INTEGER))");
  const mergePending = client.prepare("SELECT 1 FROM pending_merge").pluck();
  const wantMerge = client.prepare("INSERT OR IGNORE INTO pending_merge VALUES (1)");
  const merged = client.prepare("DELETE FROM pending_merge");
  const totalChanges = client.prepare<[], number>("SELECT total_changes()").pluck();

  /** What `secure-delete` is set to; undefined where it is not known. */
  let cutsOut: boolean | undefined;
  let merging = false;

  const chooseWay = (): void => {
    const striking = (leftoverChunks.get() ?? 0) > (allChunks.get() ?? 0) * shareForMerge;
    if (striking) wantMerge.run();
    if (cutsOut !== !striking) secureDelete.run(striking ? 0 : 1);
    cutsOut = !striking;
  };

  const removePiece = ({ key, slot, dimensions }: Leftover): void => {
    const span = lastSpan.get(key);
    if (span === undefined) {
      removeDocument.run(key);
      slots.free(slot);
      return;
    }
    const count = Math.min(chunksPerStep, span.count);
    const last = span.first + span.count - 1;
    const first = last - count + 1;
    for (const { id, text } of chunks.all(first, last)) {
      removeWords.run(id, toIndexWords(fromStoredText(text)).join(" "));
    }
    removeChunks.run(first, last);
    if (dimensions !== null) vectorTables(dimensions).remove(first, last);
    if (count === span.count) removeSpan.run(span.first);
    else shrinkSpan.run(count, span.first);
    shrinkDocument.run(count, key);
    slots.giveBack(slot, count);
  };

  /** A step of writing the word index anew (SQLite, "FTS5 The 'merge' Command"); true when it is done. */
  const mergeSome = (): boolean => {
    const before = totalChanges.get() as number;
    merge.run(merging ? pagesPerMerge : -pagesPerMerge);
    merging = true;
    // Two rows change with each call that had something to do.
    if ((totalChanges.get() as number) - before >= 2) return false;
    merging = false;
    merged.run();
    return true;
  };

  const step = immediate(client, () => {
    const next = leftover.get();
    if (next !== undefined) {
      if (mergePending.get() === undefined) chooseWay();
      removePiece(next);
      return true;
    }
    return mergePending.get() !== undefined && !mergeSome();
  });

  return {
    detach(documents) {
      const changed = new Set<number>();
      for (const document of documents) {
        const slot = detach.get(document);
        if (slot !== undefined) changed.add(slot);
      }
      for (const slot of changed) slots.changed(slot);
    },
    detachSome: immediate(client, (store: number, last: number) => {
      const documents = some.all(store, last, documentsPerStep);
      for (const document of documents) {
        const slot = detach.get(document);
        if (slot !== undefined) slots.changed(slot);
      }
      return documents.length > 0;
    }),
    lastKey: (store) => lastKey.get(store) ?? undefined,
    detachUnsealed: () => void detachUnsealed.run(),
    step() {
      try {
        return step();
      } catch (error) {
        // The setting was undone with the transaction.
        cutsOut = undefined;
        throw error;
      }
    },
  };
}
