import { existsSync, readFileSync } from "node:fs";
import { encodeEvent } from "@gateway/protocol";
import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { readEvents, sampleBatch, sampleEvents } from "../contract/sample-events.ts";
import { sampleRecord } from "../contract/sample-records.ts";
import type { Store } from "../store.ts";
import { openStore, type StoreOptions } from "./open-store.ts";

const dir = tempDir();
let files = 0;

function newFile(): string {
  return dir.join(`${++files}`, "gateway.db");
}

function openForTest(options: StoreOptions): Store {
  const store = openStore(options);
  onTestFinished(() => store.close());
  return store;
}

async function beginResponse(store: Store, payload?: unknown): Promise<string> {
  const record = sampleRecord({ status: "in_progress", answer: null });
  await store.responses.begin("acme", record, undefined, payload === undefined ? undefined : { payload });
  return record.response.id;
}

/** Logs so many batches of one event each. */
async function logMany(store: Store, id: string, count: number, text: string): Promise<void> {
  const batches = Array.from({ length: count }, (_, n) => sampleEvents(n, 1, text));
  await Promise.all(batches.map((batch) => store.responses.append("acme", id, batch)));
}

/** How many rows a table of a database file has. */
function countRows(path: string, table: string): number {
  const client = new Database(path, { readonly: true });
  try {
    return client.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number;
  } finally {
    client.close();
  }
}

describe("reading the events of a response", () => {
  test("gives some 64 KiB at a time, and more only where one event is longer", async () => {
    const store = openForTest({ path: ":memory:" });
    const id = await beginResponse(store);
    await logMany(store, id, 200, "x".repeat(8000));
    await store.responses.append("acme", id, sampleEvents(200, 1, "x".repeat(700_000)));
    await store.responses.append("acme", id, sampleEvents(201, 1));
    const lengths: number[] = [];
    for (let after = -1; after < 201; ) {
      const read = await store.responses.events("acme", id, after);
      if (read === undefined || read.events.length === 0) throw new Error(`nothing after ${after}`);
      lengths.push(read.events.join("").length);
      after = read.first + read.events.length - 1;
    }
    const large = lengths.filter((length) => length > 64 * 1024);
    expect(large).toEqual([sampleBatch(200, 1, "x".repeat(700_000)).events[0]?.length]);
    expect(lengths.length).toBeLessThan(40);
  });

  test("begins anywhere in a long log of tokens without unpacking it", async () => {
    const store = openForTest({ path: ":memory:" });
    const id = await beginResponse(store);
    const token = {
      type: "response.output_text.delta",
      item_id: "msg_1",
      output_index: 0,
      content_index: 0,
    } as const;
    const tokens = Array.from({ length: 9000 }, (_, n) => ({
      ...{ ...token, sequence_number: n, delta: "a", logprobs: [] },
    }));
    for (const ended of [false, true]) {
      if (ended) await store.responses.finish("acme", sampleRecord({ id }));
      else await store.responses.append("acme", id, tokens);
      for (const after of [-1, 0, 4321, 8998]) {
        const read = await store.responses.events("acme", id, after);
        expect(read?.first).toBe(after + 1);
        expect(read?.events[0]).toBe(encodeEvent(tokens[after + 1] as (typeof tokens)[0]));
        expect(read?.events.join("").length).toBeLessThan(400 * 1024);
      }
    }
  });

  test("goes on where a store was closed and opened again", async () => {
    const path = newFile();
    const first = openStore({ path });
    const id = await beginResponse(first);
    await logMany(first, id, 300, "before");
    await first.close();
    const second = openForTest({ path });
    await second.responses.append("acme", id, sampleEvents(300, 5, "after"));
    const read = await readEvents(second, "acme", id, 298);
    expect(read).toEqual({
      first: 299,
      events: [...sampleBatch(299, 1, "before").events, ...sampleBatch(300, 5, "after").events],
    });
  });
});

describe("the events of a deleted response", () => {
  test("leave the database and its log while the store is open, as does its job", async () => {
    const path = newFile();
    const store = openForTest({ path, checkpointIntervalMs: 20 });
    const id = await beginResponse(store, { input: "needle in a payload" });
    const kept = await beginResponse(store);
    await store.responses.append("acme", kept, sampleEvents(0, 1, "something that is kept"));
    await logMany(store, id, 500, "needle in an event");
    await store.responses.append("acme", id, sampleEvents(500, 1, `needle ${"x".repeat(20_000)} needle`));
    const holds = (text: string): boolean =>
      [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(text));
    expect(holds("needle in an event")).toBe(true);
    expect(holds("needle in a payload")).toBe(true);

    expect(await store.responses.delete("acme", id)).toBe(true);
    await waitFor(() => !holds("needle"), { what: "the deleted events to be gone" });
    expect(holds("something that is kept")).toBe(true);
  });

  test("leave it with a cancelled job too", async () => {
    const path = newFile();
    const store = openForTest({ path, checkpointIntervalMs: 20 });
    await store.jobs.enqueue([{ kind: "work", tenant: "acme", subject: "a", payload: "needle" }]);
    const holds = (): boolean =>
      [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes("needle"));
    expect(holds()).toBe(true);
    await store.jobs.cancel("acme", "work", "a");
    await waitFor(() => !holds(), { what: "the payload to be gone" });
  });

  test("that were being removed at the end are gone after the next start, and no others", async () => {
    const path = newFile();
    const first = openStore({ path });
    const [id, kept] = [await beginResponse(first), await beginResponse(first)];
    await Promise.all([logMany(first, id, 150, "x".repeat(20_000)), logMany(first, kept, 10, "kept")]);
    await first.responses.finish("acme", sampleRecord({ id }), sampleEvents(150, 1));
    const deleted = first.responses.delete("acme", id);
    // Closing writes what is queued: the deletion itself, but not the slices that come after it.
    await first.close();
    expect(await deleted).toBe(true);
    expect(countRows(path, "response_events")).toBeGreaterThan(10);
    expect(countRows(path, "deleted_event_logs")).toBe(1);

    const second = openForTest({ path });
    expect(await second.responses.events("acme", id, -1)).toBeUndefined();
    await waitFor(() => countRows(path, "response_events") === 1, { what: "the deleted events to be gone" });
    await waitFor(() => countRows(path, "deleted_event_logs") === 0, { what: "the note of them to be gone" });
    expect(await readEvents(second, "acme", kept)).toEqual(sampleBatch(0, 10, "kept"));
  });
});
