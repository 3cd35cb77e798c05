import type { IndexQuery } from "@gateway/engine";
import type { Attributes } from "@gateway/protocol";
import type { Database } from "better-sqlite3";
import { chunksPerStore } from "../storage/schema.ts";
import { KeptBySize } from "./kept-by-size.ts";
import { matchesFilter } from "./matches-filter.ts";
import { hull, joined, type StoreSelection, without } from "./selection.ts";

/** What a search may find in each store: by its text, and by its vectors. */
export interface Selection {
  byText: StoreSelection[];
  /** Without documents whose vectors another model has made. */
  byVector: StoreSelection[];
}

interface StoreRow {
  slot: number;
  next: number;
  chunks: number;
  version: number;
}

/** A run of chunks of a sealed document. */
interface Piece {
  first: number;
  count: number;
  key: number;
  model: string;
  attributes: Attributes;
}

/** What the pieces that are kept for the next search come to, of all stores together; about bytes. */
const mostKept = 64 * 1024 * 1024;

/** About what a piece takes in memory beside its attributes. */
const bytesPerPiece = 120;

/** About what attributes take in memory for each character of their JSON. */
const bytesPerCharacter = 2;

/**
 * Prepares the selection of chunks. Without a filter it reads nothing of the documents but those that are not sealed.
 * A filter is tried on every document of the stores before anything is ranked; what they are is kept in memory
 * until a store changes.
 */
export function openSelect(client: Database): (query: IndexQuery) => Selection {
  const findStore = client.prepare<[number], StoreRow>(
    "SELECT slot, next, chunks, version FROM stores WHERE store = ?",
  );
  const hidden = client.prepare<[number], { first: number; count: number; key: number }>(
    `SELECT first, count, spans.key FROM documents JOIN spans ON spans.key = documents.key
     WHERE slot = ? AND sealed = 0 ORDER BY first`,
  );
  const otherModels = client
    .prepare<{ slot: number; model: string }, number>(
      `SELECT EXISTS (SELECT 1 FROM documents WHERE slot = $slot AND model < $model)
           OR EXISTS (SELECT 1 FROM documents WHERE slot = $slot AND model > $model)`,
    )
    .pluck();
  const pieces = client.prepare<[number, number], [number, number, number, string, string]>(
    `SELECT first, spans.count, spans.key, model, attributes FROM spans JOIN documents ON documents.key = spans.key
     WHERE first BETWEEN ? AND ? AND sealed = 1 ORDER BY first`,
  );
  pieces.raw();

  /** By slot. */
  const kept = new KeptBySize<number, { version: number; pieces: Piece[] }>(mostKept);

  const piecesOf = ({ slot, version }: StoreRow): Piece[] => {
    const found = kept.get(slot);
    if (found?.version === version) return found.pieces;
    const { pieces, bytes } = readPieces(slot);
    kept.set(slot, { version, pieces }, bytes);
    return pieces;
  };

  /** The pieces of a store, and about how many bytes of memory they take. */
  const readPieces = (slot: number): { pieces: Piece[]; bytes: number } => {
    const result = { pieces: [] as Piece[], bytes: 0 };
    let json = "";
    let attributes: Attributes = {};
    const start = slot * chunksPerStore;
    for (const row of pieces.all(start, start + chunksPerStore - 1)) {
      if (row[4] !== json) {
        json = row[4];
        attributes = JSON.parse(json) as Attributes;
        result.bytes += json.length * bytesPerCharacter;
      }
      result.bytes += bytesPerPiece;
      result.pieces.push({ first: row[0], count: row[1], key: row[2], model: row[3], attributes });
    }
    return result;
  };

  const allSealed = ({ slot, next, chunks }: StoreRow): StoreSelection => {
    const gaps = hidden.all(slot);
    const start = slot * chunksPerStore;
    return {
      ranges: without(
        { first: start, last: start + next - 1 },
        gaps.map(({ first, count }) => ({ first, last: first + count - 1 })),
      ),
      chunks: gaps.reduce((sum, { count }) => sum - count, chunks),
      condition: gaps.length === 0 ? undefined : { operator: "NOT IN", keys: distinct(gaps) },
    };
  };

  return ({ stores, filter, model, queries, weights }) => {
    const byText: StoreSelection[] = [];
    const byVector: StoreSelection[] = [];
    const usesVectors = weights.embedding > 0 && queries.some(({ vector }) => vector !== undefined);
    for (const store of new Set(stores)) {
      const row = findStore.get(store);
      if (row === undefined) continue;
      const mixed = usesVectors && otherModels.get({ slot: row.slot, model }) === 1;
      const text = filter
        ? only(piecesOf(row).filter(({ attributes }) => matchesFilter(attributes, filter)))
        : allSealed(row);
      byText.push(text);
      if (!usesVectors) continue;
      const vector = mixed
        ? only(
            piecesOf(row).filter(
              (piece) => piece.model === model && (!filter || matchesFilter(piece.attributes, filter)),
            ),
          )
        : text;
      byVector.push(vector);
    }
    return { byText: ascending(byText), byVector: ascending(byVector) };
  };
}

/** Those that hold anything, by their chunk numbers. */
function ascending(stores: readonly StoreSelection[]): StoreSelection[] {
  return stores
    .filter(({ chunks, ranges }) => chunks > 0 && ranges.length > 0)
    .sort((a, b) => hull(a).first - hull(b).first);
}

function only(pieces: readonly Piece[]): StoreSelection {
  return {
    ranges: joined(pieces.map(({ first, count }) => ({ first, last: first + count - 1 }))),
    chunks: pieces.reduce((sum, { count }) => sum + count, 0),
    condition: { operator: "IN", keys: distinct(pieces) },
  };
}

function distinct(rows: readonly { key: number }[]): number[] {
  return [...new Set(rows.map(({ key }) => key))];
}
