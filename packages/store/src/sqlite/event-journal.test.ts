import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { encodeEvent, newId } from "@gateway/protocol";
import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { readEvents, sampleBatch, sampleEvents, sampleStream } from "../contract/sample-events.ts";
import { sampleRecord } from "../contract/sample-records.ts";
import { StoreError } from "../errors.ts";
import { createSealer } from "../sealer.ts";
import type { Store } from "../store.ts";
import { EventLog, toLogged } from "./event-log.ts";
import { openMemoryDatabase } from "./memory-database.ts";
import { openStore } from "./open-store.ts";
import { SqliteStore } from "./sqlite-store.ts";

const dir = tempDir();
let files = 0;

function newFile(): string {
  return dir.join(`${++files}`, "gateway.db");
}

function openForTest(path: string): Store {
  const store = openStore({ path, checkpointIntervalMs: 20 });
  onTestFinished(() => store.close());
  return store;
}

/** A store in memory, and how many rows a table of it has. */
function openInside(): { store: SqliteStore; client: Database.Database; rows: (table: string) => number } {
  const database = openMemoryDatabase();
  const store = new SqliteStore(database, createSealer(new Uint8Array(32)), () => {});
  onTestFinished(() => store.close());
  const { client } = database;
  return {
    store,
    client,
    rows: (table) => Number(client.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
  };
}

function rowsOf(path: string, table: string): number {
  const client = new Database(path, { readonly: true });
  try {
    return Number(client.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  } finally {
    client.close();
  }
}

const running = (id: string) => sampleRecord({ id, status: "in_progress", answer: null });

async function beginMany(store: Store, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId("resp"));
  await Promise.all(ids.map((id) => store.responses.begin("acme", running(id), sampleEvents(0, 2))));
  return ids;
}

describe("the journal of events", () => {
  test("has a row for what all responses get in one turn, and a response that ends has few of its own", async () => {
    const { store, rows } = openInside();
    const ids = await beginMany(store, 20);
    expect([rows("event_journal"), rows("response_events")]).toEqual([1, 0]);
    for (let turn = 0; turn < 10; turn++) {
      await Promise.all(ids.map((id) => store.responses.append("acme", id, sampleEvents(2 + 5 * turn, 5))));
    }
    expect([rows("event_journal"), rows("response_events")]).toEqual([11, 0]);
    for (const id of ids) await store.responses.finish("acme", sampleRecord({ id }), sampleEvents(52, 3));
    expect([rows("event_journal"), rows("response_events")]).toEqual([11, 20]);
    for (const id of ids) expect(await readEvents(store, "acme", id)).toEqual(sampleBatch(0, 55));
  });

  test("takes a few bytes for a token", async () => {
    const { store, client } = openInside();
    const id = newId("resp");
    const stream = sampleStream(id).flat();
    const [first = ""] = stream.filter(({ type }) => type === "response.output_text.delta").map(encodeEvent);
    const tokens = Array.from({ length: 2000 }, (_, n) => ({ ...JSON.parse(first), sequence_number: n }));
    await store.responses.begin("acme", running(id));
    for (let n = 0; n < 2000; n += 100) await store.responses.append("acme", id, tokens.slice(n, n + 100));
    const chars = (sql: string) => Number(client.prepare(sql).pluck().get()) / 2000;
    expect(chars("SELECT sum(length(entries)) FROM event_journal")).toBeLessThan(10);
    await store.responses.finish("acme", sampleRecord({ id }));
    expect(chars("SELECT sum(length(events)) FROM response_events")).toBeLessThan(10);
    expect((await readEvents(store, "acme", id))?.events).toEqual(tokens.map(encodeEvent));
  });

  test("is emptied when it is large, and what runs goes on in it", async () => {
    const { store, client, rows } = openInside();
    const ids = await beginMany(store, 3);
    const text = "x".repeat(10_000);
    const chars = client.prepare("SELECT coalesce(sum(length(entries)), 0) FROM event_journal").pluck();
    let largest = 0;
    for (let turn = 0; turn < 100; turn++) {
      await Promise.all(ids.map((id) => store.responses.append("acme", id, sampleEvents(2 + turn, 1, text))));
      largest = Math.max(largest, Number(chars.get()));
    }
    expect(largest).toBeGreaterThan(900_000);
    expect(largest).toBeLessThan(1_200_000);
    expect(rows("response_events")).toBeGreaterThan(3);
    const batch = { first: 0, events: [...sampleBatch(0, 2).events, ...sampleBatch(2, 100, text).events] };
    for (const id of ids) expect(await readEvents(store, "acme", id)).toEqual(batch);
    for (const id of ids) await store.responses.finish("acme", sampleRecord({ id }));
    for (const id of ids) expect(await readEvents(store, "acme", id)).toEqual(batch);
  });

  test("is empty after the store was closed, and after what a killed process has left was taken up", async () => {
    const path = newFile();
    const first = openStore({ path });
    const [running = "", ended = "", deleted = ""] = await beginMany(first, 3);
    const more = (id: string) => first.responses.append("acme", id, sampleEvents(2, 7));
    await Promise.all([more(running), more(ended), more(deleted)]);
    await first.responses.finish("acme", sampleRecord({ id: ended }), sampleEvents(9, 1));
    // As the files are when the process is killed now.
    const copy = newFile();
    await openStore({ path: copy }).close();
    for (const end of ["", "-wal"]) copyFileSync(`${path}${end}`, `${copy}${end}`);
    await first.close();
    expect([rowsOf(path, "event_journal"), rowsOf(path, "response_events")]).toEqual([0, 3]);

    const second = openForTest(copy);
    const seen = async () => [
      (await readEvents(second, "acme", running))?.events.length,
      (await readEvents(second, "acme", ended))?.events.length,
    ];
    expect(await seen()).toEqual([9, 10]);
    await waitFor(() => rowsOf(copy, "event_journal") === 0, { what: "the journal to be emptied" });
    expect(await seen()).toEqual([9, 10]);
    await second.responses.append("acme", running, sampleEvents(9, 1));
    expect(await readEvents(second, "acme", running)).toEqual(sampleBatch(0, 10));
  });

  test.for(["while it runs", "after its end", "by a sweep"])(
    "has nothing of a response that was removed %s, in any file",
    async (when) => {
      const path = newFile();
      const store = openForTest(path);
      const [id = "", kept = ""] = await beginMany(store, 2);
      await Promise.all([
        store.responses.append("acme", id, sampleEvents(2, 300, "needle")),
        store.responses.append("acme", kept, sampleEvents(2, 300, "haystack")),
      ]);
      const holds = (text: string): boolean =>
        [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(text));
      expect(holds("needle")).toBe(true);
      if (when !== "while it runs") await store.responses.finish("acme", sampleRecord({ id }));
      if (when === "by a sweep") await store.retention.sweep({ responsesBefore: 4_000_000_000 });
      else await store.responses.delete("acme", id);
      await waitFor(() => !holds("needle"), { what: "the removed events to be gone" });
      expect(holds("haystack")).toBe(true);
      const events = [...sampleBatch(0, 2).events, ...sampleBatch(2, 300, "haystack").events];
      expect(await readEvents(store, "acme", kept)).toEqual({ first: 0, events });
    },
  );

  test("that cannot be read keeps the store from being opened, and says what to do", async () => {
    const path = newFile();
    await openStore({ path }).close();
    const client = new Database(path);
    client.exec("INSERT INTO event_journal (entries) VALUES ('1 0\nnothing of ours\n')");
    client.close();
    const open = () => openStore({ path });
    expect(open).toThrow(
      new StoreError(
        `Cannot open the database ${path}: a line of events is neither an event nor a run. It is damaged: restore a backup.`,
      ),
    );
  });
});

test("commits are only waited for while many responses are written, and those that have ended do not count", async () => {
  const { client, writer } = openMemoryDatabase();
  onTestFinished(() => writer.close());
  const log = new EventLog(client, writer);
  const lines = toLogged(sampleEvents(0, 1, "x"));
  const add = (n: number) => writer.write(() => log.add("acme", `resp_${n}`, n, lines));
  for (let n = 0; n < 7; n++) await add(n);
  expect(log.isBusy).toBe(false);
  await add(7);
  expect(log.isBusy).toBe(true);
  await writer.write(() => log.end("acme", "resp_0", 0, []));
  expect(log.isBusy).toBe(false);
  await log.settle();
  expect(log.isBusy).toBe(false);
});
