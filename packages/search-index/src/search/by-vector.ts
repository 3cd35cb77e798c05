import type { Database } from "better-sqlite3";
import { toBits, toUnitBytes } from "../storage/vector-bytes.ts";
import { vectorTableNames } from "../storage/vector-tables.ts";
import { contains, hull, type Range, type StoreSelection } from "./selection.ts";

/**
 * So many numbers at most are compared with the query's, all vectors one by one: some two milliseconds of work, about
 * 2000 chunks of a small model. Short vectors are compared longer, for their bits say little.
 */
const mostExact = 800_000;

/** Chunks that are chosen by the bits of their vectors, to be compared in full. */
const candidates = 400;

/** So many ranges are read one by one; where there are more, the whole store is read and others left out. */
const mostRanges = 16;

/** Finds the nearest chunks and says how near they are. */
export interface NearestChunks {
  /**
   * Cosines by chunk of those that are nearest to the vector, at least `wanted` where there are as many, and of those
   * among `others` that are selected and have a vector of this length. In no order.
   */
  find(
    vector: Float32Array,
    selected: readonly StoreSelection[],
    others: Iterable<number>,
    wanted: number,
  ): Map<number, number>;
}

/**
 * Prepares the search by vectors. Where few chunks are selected, all of them are compared. Otherwise the bits of the
 * vectors are (sqlite-vec, `vec_distance_hamming`), and the nearest in this rough way are compared in full.
 */
export function openNearest(client: Database): NearestChunks {
  const exists = client
    .prepare<[string], number>("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .pluck();
  const open = new Map<number, ReturnType<typeof openTables>>();

  const tables = (dimensions: number): ReturnType<typeof openTables> | undefined => {
    let found = open.get(dimensions);
    if (found === undefined && exists.get(vectorTableNames(dimensions).bits) !== undefined) {
      found = openTables(client, dimensions);
      open.set(dimensions, found);
    }
    return found;
  };

  return {
    find(vector, selected, others, wanted) {
      const cosines = new Map<number, number>();
      const found = vector.length > 0 ? tables(vector.length) : undefined;
      if (found === undefined || selected.length === 0) return cosines;
      const unit = vector.slice();
      const bytes = toUnitBytes(unit);
      const note = (rows: Iterable<[number, number | null]>): void => {
        // A vector of zeros has no direction, and no cosine.
        for (const [id, distance] of rows) if (distance !== null) cosines.set(id, 1 - distance);
      };

      const all = selected.reduce((sum, { chunks }) => sum + chunks, 0);
      const ranges = selected.flatMap((store) => store.ranges);
      if (all * vector.length <= mostExact) {
        for (const { first, last } of ranges) note(found.compareRange.all(bytes, first, last));
      } else {
        const rough = found.roughlyNearest(toBits(unit), selected, Math.max(candidates, wanted));
        note(found.compareSome.all(bytes, JSON.stringify(rough)));
      }
      const missing = [...others].filter((id) => !cosines.has(id) && contains(ranges, id));
      if (missing.length > 0) note(found.compareSome.all(bytes, JSON.stringify(missing)));
      return cosines;
    },
  };
}

function openTables(client: Database, dimensions: number) {
  const { vectors, bits } = vectorTableNames(dimensions);
  type Compared = [number, number | null];
  const compare = `SELECT id, vec_distance_cosine(vector, ?) FROM ${vectors} WHERE id`;
  const compareRange = client.prepare<[Buffer, number, number], Compared>(`${compare} BETWEEN ? AND ?`).raw();
  const compareSome = client
    .prepare<[Buffer, string], Compared>(`${compare} IN (SELECT value FROM json_each(?))`)
    .raw();
  const rough = (condition: string) =>
    client
      .prepare<{ first: number; last: number; bits: Buffer; keys: string; limit: number }, [number, number]>(
        `SELECT id, vec_distance_hamming(vec_bit(bits), vec_bit($bits)) AS distance FROM ${bits}
         WHERE id BETWEEN $first AND $last ${condition} ORDER BY distance LIMIT $limit`,
      )
      .raw();
  const inKeys = "(SELECT value FROM json_each($keys))";
  const roughIn = {
    all: rough(""),
    IN: rough(`AND key IN ${inKeys}`),
    "NOT IN": rough(`AND key NOT IN ${inKeys}`),
  };

  /** The chunks whose bits differ least from the query's. */
  const roughlyNearest = (query: Buffer, selected: readonly StoreSelection[], limit: number): number[] => {
    const found: [number, number][] = [];
    for (const { ranges, condition } of selected) {
      const [narrowed, statement]: [readonly Range[], (typeof roughIn)["all"]] =
        ranges.length <= mostRanges || condition === undefined
          ? [ranges, roughIn.all]
          : [[hull({ ranges })], roughIn[condition.operator]];
      const keys = statement === roughIn.all ? "[]" : JSON.stringify(condition?.keys);
      for (const { first, last } of narrowed) {
        found.push(...statement.all({ first, last, bits: query, keys, limit }));
      }
    }
    return found
      .sort((a, b) => a[1] - b[1] || a[0] - b[0])
      .slice(0, limit)
      .map(([id]) => id);
  };
  return { compareRange, compareSome, roughlyNearest };
}
