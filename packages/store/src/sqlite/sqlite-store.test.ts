import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { tempDir, waitFor } from "@gateway/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { sampleConversation, sampleItem, sampleRecord, textsOf } from "../contract/sample-records.ts";
import { storeContract } from "../contract/store-contract.ts";
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

storeContract("SQLite in a file", () => openStore({ path: newFile() }));
storeContract("SQLite synced to the disk", () => openStore({ path: newFile(), synchronous: "full" }));
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
