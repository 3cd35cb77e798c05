import type { Database, Statement } from "better-sqlite3";
import { toBits, toUnitBytes } from "./vector-bytes.ts";

/** The tables for vectors of one length: the vectors, and their bits, which are read first. */
export interface VectorTables {
  /** Writes a vector of a chunk, which is made one unit long in place. */
  insert(id: number, key: number, vector: Float32Array): void;
  /** Removes the vectors of the chunks from `first` to `last`. */
  remove(first: number, last: number): void;
}

/** Names of the tables for vectors of a length. */
export function vectorTableNames(dimensions: number): { vectors: string; bits: string } {
  return { vectors: `vectors_${dimensions}`, bits: `bits_${dimensions}` };
}

/** Gives the tables for a length, which are made when they are first needed. */
export function openVectorTables(client: Database): (dimensions: number) => VectorTables {
  const open = new Map<number, VectorTables>();
  return (dimensions) => {
    let found = open.get(dimensions);
    if (found === undefined) {
      found = openTables(client, dimensions);
      open.set(dimensions, found);
    }
    return found;
  };
}

function openTables(client: Database, dimensions: number): VectorTables {
  const { vectors, bits } = vectorTableNames(dimensions);
  client.exec(`
    CREATE TABLE IF NOT EXISTS ${vectors} (id INTEGER PRIMARY KEY, vector BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS ${bits} (id INTEGER PRIMARY KEY, key INTEGER NOT NULL, bits BLOB NOT NULL) STRICT;
  `);
  const insertVector: Statement = client.prepare(`INSERT INTO ${vectors} (id, vector) VALUES (?, ?)`);
  const insertBits: Statement = client.prepare(`INSERT INTO ${bits} (id, key, bits) VALUES (?, ?, ?)`);
  const removals = [vectors, bits].map((table) =>
    client.prepare(`DELETE FROM ${table} WHERE id BETWEEN ? AND ?`),
  );
  return {
    insert(id, key, vector) {
      insertVector.run(id, toUnitBytes(vector));
      insertBits.run(id, key, toBits(vector));
    },
    remove(first, last) {
      for (const removal of removals) removal.run(first, last);
    },
  };
}
