import type { Database } from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleVectorStore } from "../contract/sample-files.ts";
import { createSealer } from "../sealer.ts";
import { openMemoryDatabase } from "./memory-database.ts";
import { SqliteStore } from "./sqlite-store.ts";

const removedLater = 999;

function openWorld(prepare: (client: Database) => void = () => {}) {
  const database = openMemoryDatabase();
  prepare(database.client);
  const problems: Error[] = [];
  const sealer = createSealer(new Uint8Array(32));
  const store = new SqliteStore(database, sealer, (problem) => void problems.push(problem));
  onTestFinished(() => store.close());
  const rows = (): number =>
    database.client
      .prepare<[number], number>("SELECT count(*) FROM vector_store_files WHERE store_seq = ?")
      .pluck()
      .get(removedLater) as number;
  return { client: database.client, store, problems, rows };
}

/** What a former process has left of a store of 1,200 files, which somebody has deleted. */
function leaveDeletedStore(client: Database): void {
  client.exec(`
    WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1200)
    INSERT INTO files (tenant, id, filename, purpose, bytes, created_at, hash)
      SELECT 'other', 'file-' || n, 'a', 'assistants', 1, 1, 'h' FROM n;
    INSERT INTO vector_store_files
      (store_seq, file_seq, created_at, status, usage_bytes, attributes, chunk_tokens, overlap_tokens)
      SELECT ${removedLater}, seq, 1, 'completed', 1, '{}', 800, 400 FROM files;
    INSERT INTO deleted_vector_stores VALUES (${removedLater});
  `);
}

describe("what is left of deleted stores", () => {
  test("is removed by the next start", async () => {
    const { store, rows, problems } = openWorld(leaveDeletedStore);
    expect(rows()).toBe(1_200);
    await store.vectorStores.resume();
    expect(rows()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("is reported when it cannot be removed, and is tried again by the next start", async () => {
    const { client, store, rows, problems } = openWorld((before) => {
      leaveDeletedStore(before);
      before.exec(
        "CREATE TRIGGER stuck BEFORE DELETE ON vector_store_files BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END",
      );
    });
    await store.vectorStores.resume();
    expect(problems[0]?.message).toMatch(/deleted vector stores could not be removed/);
    expect(problems[0]?.cause).toMatchObject({ cause: { message: "disk I/O error" } });
    client.exec("DROP TRIGGER stuck");
    await store.vectorStores.resume();
    expect(rows()).toBe(0);
  });

  test("is nothing that the deletion of another store waits for", async () => {
    const { client, store, rows } = openWorld();
    const { id } = await store.vectorStores.create("acme", sampleVectorStore(), []);
    leaveDeletedStore(client);
    expect(await store.vectorStores.delete("acme", id)).toBe(true);
    expect(rows()).toBe(1_200);
  });

  test("is no trouble when the store is closed meanwhile", async () => {
    const { store, problems } = openWorld(leaveDeletedStore);
    const resumed = store.vectorStores.resume();
    await store.close();
    await resumed;
    expect(problems).toEqual([]);
  });
});
