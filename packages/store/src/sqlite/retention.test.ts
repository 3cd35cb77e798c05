import { existsSync, readFileSync } from "node:fs";
import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { sweepAll } from "../contract/retention-contract.ts";
import { sampleEvents } from "../contract/sample-events.ts";
import { sampleConversation, sampleItem, sampleRecord } from "../contract/sample-records.ts";
import { createSealer } from "../sealer.ts";
import { openMemoryDatabase } from "./memory-database.ts";
import { openStore } from "./open-store.ts";
import { SqliteStore } from "./sqlite-store.ts";

const dir = tempDir();
const everything = { responsesBefore: 1_800_000_000 };
let files = 0;

function newFile(): string {
  return dir.join(`${++files}`, "gateway.db");
}

/** A store in memory and the connection below it. */
function openInside(): { store: SqliteStore; client: Database.Database } {
  const database = openMemoryDatabase();
  const store = new SqliteStore(database, createSealer(new Uint8Array(32)), () => {});
  onTestFinished(() => store.close());
  return { store, client: database.client };
}

function rowsIn(client: Database.Database, table: string): unknown {
  return client.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
}

describe("a sweep", () => {
  test("changes at most 200 rows in a transaction, and other writes come in between", async () => {
    const { store, client } = openInside();
    const addRow = client.prepare(
      "INSERT INTO response_events (response_seq, first, events) VALUES (?, ?, '{}')",
    );
    for (let n = 0; n < 120; n++) {
      const inputIds = Array.from({ length: n % 7 }, (_, item) => `item_${n}_${item}`);
      const record = sampleRecord({ input: inputIds, inputIds });
      await store.responses.finish("acme", record);
      // As many rows as a former version had written.
      for (let batch = 0; batch < n % 40; batch++) addRow.run(n + 1, batch);
    }
    const items = Array.from({ length: 700 }, (_, n) => sampleItem(`${n}`));
    await store.conversations.create("acme", sampleConversation(), items);

    const changes = () => Number(client.prepare("SELECT total_changes()").pluck().get());
    const limits = { ...everything, eventsBefore: 1_800_000_000, conversationsBefore: 3_000_000_000 };
    const sizes: number[] = [];
    let removed = 0;
    for (let more = true; more; ) {
      const [before, order] = [changes(), [] as string[]];
      const sweep = store.retention.sweep(limits).finally(() => order.push("sweep"));
      const write = store.conversations.update("acme", "none", {}).finally(() => order.push("write"));
      const slice = await sweep;
      sizes.push(changes() - before);
      expect(slice.rows).toBe(sizes.at(-1));
      // The write that came after it was not part of the slice's transaction.
      expect(order).toEqual(["sweep"]);
      await write;
      removed += slice.responses;
      more = slice.more;
    }
    expect(removed).toBe(120);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(200);
    expect(sizes.length).toBeGreaterThan(15);
    expect(sizes.length).toBeLessThan(40);
  });

  test("leaves nothing of responses but the newest's place and the links that chains need", async () => {
    const { store, client } = openInside();
    let previous: string | undefined;
    for (let n = 0; n < 30; n++) {
      const record = sampleRecord({ inputIds: [`mine_${n}`], ...(previous && { previous }) });
      await store.responses.begin(
        "acme",
        sampleRecord({ id: record.response.id, status: "in_progress", answer: null }),
        sampleEvents(0, 2),
        { payload: "of its job" },
      );
      await store.responses.finish("acme", record, sampleEvents(2, 1));
      previous = record.response.id;
    }
    await sweepAll(store, everything);
    const left = ["responses", "response_events", "foreign_items", "deleted_event_logs", "jobs"].map(
      (table) => rowsIn(client, table),
    );
    expect(left).toEqual([1, 0, 0, 0, 0]);
    // The place of a response that went is not given again: what is left of its log would belong to another one.
    const highest = client.prepare("SELECT max(seq) FROM responses").pluck();
    expect(highest.get()).toBe(30);
    await store.responses.finish("acme", sampleRecord());
    expect(highest.get()).toBe(31);
  });

  test("keeps the link between turns that stay, and drops it with the older one", async () => {
    const { store, client } = openInside();
    const add = async (createdAt: number, previous?: string): Promise<string> => {
      const record = sampleRecord(previous ? { previous } : {});
      record.response.created_at = createdAt;
      await store.responses.finish("acme", record);
      return record.response.id;
    };
    const c = await add(3, await add(1, await add(2)));
    await add(9, c);
    const deletedRoot = await add(4);
    const heir = await add(5, deletedRoot);
    await add(9, heir);
    await store.responses.delete("acme", deletedRoot);
    await sweepAll(store, { responsesBefore: 2 });
    expect(rowsIn(client, "responses")).toBe(7);
    await sweepAll(store, { responsesBefore: 9 });
    // Of the first chain the link that was made before its elder went; of the second the one its client made.
    expect(client.prepare("SELECT status FROM responses ORDER BY seq").pluck().all()).toEqual([
      ...["deleted", "completed", "deleted", "completed"],
    ]);
  });

  test("finds what is old by an index, without sorting", () => {
    const { client } = openInside();
    const plan = (text: string) =>
      client
        .prepare(`EXPLAIN QUERY PLAN ${text}`)
        .all()
        .map((row) => (row as { detail: string }).detail);
    expect(
      plan(
        `SELECT seq FROM responses WHERE status NOT IN ('queued', 'in_progress', 'deleted') AND created_at < 5
         ORDER BY created_at, seq`,
      ),
    ).toEqual(["SEARCH responses USING INDEX responses_ended (created_at<?)"]);
    expect(
      plan("SELECT seq FROM conversations WHERE last_active_at < 5 ORDER BY last_active_at, seq"),
    ).toEqual(["SEARCH conversations USING COVERING INDEX conversations_by_activity (last_active_at<?)"]);
  });

  test("uses again the room that it frees, while the file stays as it is", async () => {
    const { store, client } = openInside();
    const fill = async () => {
      for (let n = 0; n < 50; n++)
        await store.responses.finish("acme", sampleRecord({ answer: "x".repeat(20_000) }));
    };
    await fill();
    const pages = Number(client.pragma("page_count", { simple: true }));
    for (let round = 0; round < 3; round++) {
      await sweepAll(store, everything);
      expect(Number(client.pragma("freelist_count", { simple: true }))).toBeGreaterThan(pages / 2);
      await fill();
    }
    expect(Number(client.pragma("page_count", { simple: true }))).toBeLessThan(pages * 1.1);
  });
});

describe("in a file", () => {
  test("what is removed leaves the database and its log while the store is open", async () => {
    const path = newFile();
    const store = openStore({ path, checkpointIntervalMs: 20 });
    onTestFinished(() => store.close());
    await store.conversations.create("acme", sampleConversation({ topic: "needle" }), [
      sampleItem(`needle ${"x".repeat(20_000)} needle`),
    ]);
    const record = sampleRecord({ answer: `needle ${"x".repeat(20_000)} needle`, inputIds: ["needle"] });
    await store.responses.finish("acme", record, sampleEvents(0, 300, "needle"));
    const holds = (): boolean =>
      [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes("needle"));
    expect(holds()).toBe(true);
    await sweepAll(store, { ...everything, conversationsBefore: 3_000_000_000 });
    await waitFor(() => !holds(), { what: "the removed content to be gone" });
  });

  test("a conversation that was being removed at the end is gone after the next start, whatever is configured then", async () => {
    const path = newFile();
    const first = openStore({ path });
    const conversation = sampleConversation();
    await first.conversations.create(
      "acme",
      conversation,
      Array.from({ length: 500 }, (_, n) => sampleItem(`${n}`)),
    );
    const kept = sampleConversation();
    await first.conversations.create("acme", kept, [sampleItem("kept")]);
    // The two began in the same second at the latest: only the first is taken into the slice.
    expect(await first.retention.sweep({ conversationsBefore: 3_000_000_000 })).toMatchObject({ more: true });
    await first.close();

    const second = openStore({ path });
    onTestFinished(() => second.close());
    expect(await second.conversations.get("acme", conversation.id)).toBeUndefined();
    const reader = new Database(path, { readonly: true });
    onTestFinished(() => void reader.close());
    await waitFor(() => rowsIn(reader, "conversation_items") === 1, { what: "its items to be gone" });
    await waitFor(() => rowsIn(reader, "conversations") === 1, { what: "the conversation to be gone" });
    expect(await second.conversations.items("acme", kept.id)).toHaveLength(1);
  });

  test("a log that was being removed at the end is gone after the next start, and its response is not", async () => {
    const path = newFile();
    const first = openStore({ path });
    const { response } = sampleRecord();
    await first.responses.begin(
      "acme",
      sampleRecord({ id: response.id, status: "in_progress", answer: null }),
    );
    const long = "x".repeat(20_000);
    const batches = Array.from({ length: 300 }, (_, n) => sampleEvents(n, 1, long));
    await Promise.all(batches.map((batch) => first.responses.append("acme", response.id, batch)));
    await first.responses.finish("acme", sampleRecord({ id: response.id }));
    expect(await first.retention.sweep({ eventsBefore: 1_800_000_000 })).toMatchObject({ more: true });
    await first.close();

    const second = openStore({ path });
    onTestFinished(() => second.close());
    expect((await second.responses.events("acme", response.id, -1))?.events).toEqual([]);
    const reader = new Database(path, { readonly: true });
    onTestFinished(() => void reader.close());
    await waitFor(() => rowsIn(reader, "response_events") === 0, { what: "its events to be gone" });
    await waitFor(() => rowsIn(reader, "deleted_event_logs") === 0, { what: "the note of them to be gone" });
    expect(await second.responses.get("acme", response.id)).toEqual(sampleRecord({ id: response.id }));
  });
});
