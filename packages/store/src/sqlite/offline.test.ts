import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { cleanEnv, startChild, tempDir } from "@gateway/testkit";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { sampleRecord } from "../contract/sample-records.ts";
import type { Store } from "../store.ts";
import { backupDatabase, checkDatabase } from "./offline.ts";
import { openStore } from "./open-store.ts";

const dir = tempDir();
let count = 0;
let path: string;

beforeEach(() => {
  path = dir.join(`${++count}`, "gateway.db");
});

/** A store that goes on writing until the test ends; gives the ids written so far. */
function openBusyStore(): { store: Store; written: string[] } {
  const store = openStore({ path, checkpointIntervalMs: 5 });
  const written: string[] = [];
  let stop = false;
  const writing = (async () => {
    while (!stop) {
      const record = sampleRecord({ answer: "x".repeat(3000) });
      await store.responses.finish("acme", record);
      written.push(record.response.id);
    }
  })();
  onTestFinished(async () => {
    stop = true;
    await writing;
    await store.close();
  });
  return { store, written };
}

/** Runs code in another process, with the exports of this package at hand as `store`. */
async function runElsewhere(code: string): Promise<string> {
  const program = `import * as store from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};\n${code}`;
  const args = ["--input-type=module", "--eval", program];
  const child = await startChild({ command: process.execPath, args, env: cleanEnv(), input: "" });
  expect({ ...(await child.exited), output: child.output() }).toMatchObject({ code: 0 });
  return child.stdout();
}

/** The ids, of those given, that a database file has; it is checked as well. */
async function idsIn(file: string, ids: readonly string[]): Promise<string[]> {
  expect(checkDatabase(file)).toEqual({ ok: true, problems: [] });
  const store = openStore({ path: file });
  try {
    const found = await Promise.all(ids.map(async (id) => (await store.responses.get("acme", id)) && id));
    return found.filter((id) => id !== undefined);
  } finally {
    await store.close();
  }
}

describe("a backup", () => {
  test("made while writes go on has everything acknowledged before, and is private and whole", async () => {
    const { store, written } = openBusyStore();
    for (let n = 0; n < 200; n++) await store.responses.finish("acme", sampleRecord());
    const before = written.slice();
    const file = dir.join("live-backup.db");
    await store.backup(file);
    expect(before.length).toBeGreaterThan(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await idsIn(file, before)).toEqual(before);
  });

  test("can be made by another process while the gateway writes", async () => {
    const { store, written } = openBusyStore();
    for (let n = 0; n < 200; n++) await store.responses.finish("acme", sampleRecord());
    const before = written.slice();
    const file = dir.join("other-process.db");
    await runElsewhere(`await store.backupDatabase(${JSON.stringify(path)}, ${JSON.stringify(file)});`);
    expect(await idsIn(file, before)).toEqual(before);
    expect((await store.check("full")).ok).toBe(true);
  });

  test("of a store in memory can be opened as a file", async () => {
    const store = openStore({ path: ":memory:" });
    onTestFinished(() => store.close());
    const record = sampleRecord();
    await store.responses.finish("acme", record);
    const file = dir.join("from-memory.db");
    await store.backup(file);
    expect(await idsIn(file, [record.response.id])).toEqual([record.response.id]);
  });

  test("does not overwrite a file, and leaves nothing behind when it fails", async () => {
    const store = openStore({ path });
    onTestFinished(() => store.close());
    const file = dir.join("precious.txt");
    writeFileSync(file, "precious");
    await expect(store.backup(file)).rejects.toThrow(/precious\.txt exists already/);
    await expect(backupDatabase(path, file)).rejects.toThrow(/exists already/);
    expect(readFileSync(file, "utf8")).toBe("precious");
    await expect(store.backup(dir.join("nowhere", "b.db"))).rejects.toThrow(
      /Cannot write the backup .*nowhere/,
    );
    expect(readdirSync(dir.path).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });
});

describe("a check from outside", () => {
  test("finds a running gateway's database in order, without disturbing it", async () => {
    const { store } = openBusyStore();
    await store.responses.finish("acme", sampleRecord());
    const code = `console.log(JSON.stringify(store.checkDatabase(${JSON.stringify(path)})));`;
    expect(JSON.parse(await runElsewhere(code))).toEqual({ ok: true, problems: [] });
    expect(await store.check()).toEqual({ ok: true, problems: [] });
  });

  test("finds damage, as does the store's own full check", async () => {
    const first = openStore({ path });
    for (let n = 0; n < 50; n++) await first.responses.finish("acme", sampleRecord());
    await first.close();
    const bytes = readFileSync(path);
    bytes.fill(0x55, 5 * 4096, 8 * 4096);
    writeFileSync(path, bytes);

    const found = checkDatabase(path);
    expect(found.ok).toBe(false);
    expect(found.problems[0]).toMatch(/The database is damaged \(.+\)\. Restore a backup\./);
    const store = openStore({ path });
    onTestFinished(() => store.close());
    expect((await store.check("full")).ok).toBe(false);
  });

  test("of a file that is not there names it and creates nothing", () => {
    const missing = dir.join("missing.db");
    expect(() => checkDatabase(missing)).toThrow(
      /Cannot open the database .*missing\.db.*Check that the file exists/,
    );
    expect(existsSync(missing)).toBe(false);
  });
});
