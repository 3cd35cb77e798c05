import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import { addFiles, sampleStoreFile, sampleVectorStore } from "../contract/sample-files.ts";
import { sampleConversation, sampleItem, sampleRecord, textsOf } from "../contract/sample-records.ts";
import { storeContract } from "../contract/store-contract.ts";
import { StoreError } from "../errors.ts";
import { createSealer } from "../sealer.ts";
import type { Store } from "../store.ts";
import { openStore, type StoreOptions } from "./open-store.ts";

const dir = tempDir();
let files = 0;

/** A new database file, each time another one. */
function newFile(): string {
  return dir.join(`${++files}`, "gateway.db");
}

function openForTest(options: StoreOptions): Store {
  const store = openStore(options);
  onTestFinished(() => store.close());
  return store;
}

const seal = createSealer(randomBytes(32));

storeContract("SQLite in a file", () => openStore({ path: newFile(), seal }));
storeContract("SQLite synced to the disk", () => openStore({ path: newFile(), synchronous: "full", seal }));
storeContract("SQLite in memory", () => openStore({ path: ":memory:" }));

describe("a store in a file", () => {
  test("what was written is there when it is opened again", async () => {
    const path = newFile();
    const first = openStore({ path });
    const conversation = sampleConversation({ topic: "weather" });
    const record = sampleRecord({ conversation: conversation.id });
    await first.conversations.create("acme", conversation, [sampleItem("hello")]);
    await first.responses.finish("acme", record);
    await first.close();

    const second = openForTest({ path });
    expect(await second.responses.get("acme", record.response.id)).toEqual(record);
    expect(await second.conversations.get("acme", conversation.id)).toEqual(conversation);
    const items = await second.conversations.items("acme", conversation.id);
    expect(textsOf(items)).toEqual(["hello", "question", "answer"]);
  });

  test("the directory and the files are for their owner only", async () => {
    const path = dir.join("new", "deeper", "gateway.db");
    const store = openForTest({ path });
    await store.responses.finish("acme", sampleRecord());
    const mode = (name: string): string => (statSync(name).mode & 0o777).toString(8);
    expect([dir.join("new"), dir.join("new", "deeper")].map(mode)).toEqual(["700", "700"]);
    expect([path, `${path}-wal`, `${path}-shm`, `${path}-lock`].map(mode)).toEqual([
      "600",
      "600",
      "600",
      "600",
    ]);
  });

  test("deleted content leaves the database and its log while the store is open", async () => {
    const path = newFile();
    const store = openForTest({ path, checkpointIntervalMs: 20 });
    const conversation = sampleConversation();
    await store.conversations.create("acme", conversation, [sampleItem("needle in a conversation")]);
    const long = `needle in a long answer ${"x".repeat(20_000)} needle at its end`;
    const records = ["needle in a short answer", long].map((answer) => sampleRecord({ answer }));
    for (const record of records) await store.responses.finish("acme", record);
    const kept = sampleRecord({ answer: "something that is kept" });
    await store.responses.finish("acme", kept);
    const holds = (text: string): boolean =>
      [path, `${path}-wal`].some((file) => existsSync(file) && readFileSync(file).includes(text));
    expect(holds("needle")).toBe(true);

    for (const record of records) await store.responses.delete("acme", record.response.id);
    await store.conversations.delete("acme", conversation.id);
    await waitFor(() => !holds("needle"), { what: "the deleted content to be gone" });
    expect(holds("something that is kept")).toBe(true);
  });

  test("the headers of a connector are nowhere in its files, nor is what they replaced", async () => {
    const path = newFile();
    const store = openForTest({ path, seal });
    const connector = {
      ...{ id: "docs", object: "connector" as const, name: "Readable name", created_at: 1 },
      server_url: "https://mcp.example.com/mcp",
    };
    const headers = { authorization: "Bearer needle-in-the-headers" };
    await store.connectors.put("acme", { connector, headers });
    const holds = (text: string): boolean =>
      [path, `${path}-wal`].some((file) => readFileSync(file).includes(text));
    expect(holds("Readable name")).toBe(true);
    for (const text of ["needle", "authorization", Buffer.from("needle-in").toString("base64")]) {
      expect(holds(text)).toBe(false);
    }
    const copy = dir.join("connectors-copy.db");
    await store.backup(copy);
    expect(readFileSync(copy).includes("needle")).toBe(false);
  });

  test("headers that another key sealed are refused, and can be registered again", async () => {
    const path = newFile();
    const first = openStore({ path, seal });
    const connector = {
      ...{ id: "docs", object: "connector" as const, name: "Docs", created_at: 1 },
      server_url: "https://mcp.example.com/mcp",
    };
    const record = { connector, headers: { authorization: "secret" } };
    await first.connectors.put("acme", record);
    await first.close();
    const second = openForTest({ path, seal: createSealer(randomBytes(32)) });
    await expect(second.connectors.getWithHeaders("acme", "docs")).rejects.toMatchObject({
      ...{ status: 500, code: "sealed_with_another_key" },
    });
    expect(await second.connectors.get("acme", "docs")).toEqual(connector);
    expect((await second.connectors.list("acme", { limit: 9, order: "asc" }))?.data).toEqual([connector]);
    await second.connectors.put("acme", record);
    expect(await second.connectors.getWithHeaders("acme", "docs")).toEqual(record);
  });

  test("without a key it takes connectors without headers only", async () => {
    const store = openForTest({ path: newFile() });
    const connector = {
      ...{ id: "docs", object: "connector" as const, name: "Docs", created_at: 1 },
      server_url: "https://mcp.example.com/mcp",
    };
    await expect(
      store.connectors.put("acme", { connector, headers: { authorization: "secret" } }),
    ).rejects.toMatchObject({ code: "storage_error", cause: expect.any(StoreError) });
    expect(await store.connectors.get("acme", "docs")).toBeUndefined();
    await store.connectors.put("acme", { connector, headers: {} });
    expect(await store.connectors.getWithHeaders("acme", "docs")).toEqual({ connector, headers: {} });
  });

  test("a large vector store that was being deleted at the end is gone after the next start", async () => {
    const path = newFile();
    const first = openStore({ path });
    const fileIds = await addFiles(first, "acme", 1600);
    const created = sampleVectorStore();
    const files = fileIds.map((id) => sampleStoreFile(id));
    await first.vectorStores.create("acme", created, files);
    const deleted = first.vectorStores.delete("acme", created.id);
    // Closing writes what is queued: the deletion itself, but not the slices that come after it.
    await first.close();
    expect(await deleted).toBe(true);
    const rows = (): unknown => {
      const client = new Database(path, { readonly: true });
      try {
        return client.prepare("SELECT count(*) FROM vector_store_files").pluck().get();
      } finally {
        client.close();
      }
    };
    expect(rows()).toBeGreaterThan(0);
    const second = openForTest({ path });
    expect(await second.vectorStores.get("acme", created.id, 1000)).toBeUndefined();
    await waitFor(() => rows() === 0, { what: "the rows of the deleted store to be gone" });
    expect(await second.jobs.claim("ingest", 9, 0)).toEqual([]);
    expect(await second.jobs.claim("unindex", 9, 0)).toHaveLength(1);
  });

  test("its log stays bounded while much more is written without a pause", async () => {
    const path = newFile();
    const walLimitBytes = 512 * 1024;
    const problems: Error[] = [];
    const store = openForTest({ path, walLimitBytes, onProblem: (problem) => problems.push(problem) });
    let largest = 0;
    const write = async (): Promise<void> => {
      for (let n = 0; n < 100; n++) {
        await store.responses.finish("acme", sampleRecord({ answer: "x".repeat(4000) }));
        largest = Math.max(largest, statSync(`${path}-wal`).size);
      }
    };
    await Promise.all(Array.from({ length: 30 }, write));
    expect(statSync(path).size).toBeGreaterThan(20 * walLimitBytes);
    expect(largest).toBeLessThan(4 * walLimitBytes);
    expect(problems).toEqual([]);
  });

  test("a check says so when the file was moved away", async () => {
    const path = newFile();
    const store = openForTest({ path });
    expect(await store.check()).toEqual({ ok: true, problems: [] });
    renameSync(path, `${path}.moved`);
    expect(await store.check()).toMatchObject({
      ok: false,
      problems: [expect.stringContaining("moved or removed")],
    });
  });

  test("it ends with all writes done, then rejects what comes", async () => {
    const path = newFile();
    const store = openStore({ path });
    const record = sampleRecord();
    const written = store.responses.finish("acme", record);
    await store.close();
    await written;
    await store.close();
    expect(existsSync(`${path}-wal`)).toBe(false);

    const closed = { status: 500, code: "storage_error" };
    await expect(store.responses.finish("acme", sampleRecord())).rejects.toMatchObject(closed);
    await expect(store.responses.get("acme", record.response.id)).rejects.toMatchObject(closed);
    await expect(store.conversations.items("acme", "conv_1")).rejects.toMatchObject(closed);
    expect((await store.check()).ok).toBe(false);

    const again = openForTest({ path });
    expect(await again.responses.get("acme", record.response.id)).toEqual(record);
  });
});
