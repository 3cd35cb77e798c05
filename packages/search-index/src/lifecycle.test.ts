import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { cleanEnv, startChild, type TempDir, tempDir, waitFor } from "@gateway/testkit";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { openSearchIndex } from "./index.ts";
import { applicationId } from "./storage/schema.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let folder: TempDir;
let path: string;
let problems: string[];
let renewals: number;
beforeEach(() => {
  folder = tempDir();
  path = folder.join("index.db");
  problems = [];
  renewals = 0;
});
afterEach(() => folder.remove());

const open = (file = path, idleMs = 60_000) =>
  openSearchIndex({
    path: file,
    idleMs,
    onProblem: ({ message }) => problems.push(message),
    onRenewed: () => void renewals++,
  });

describe("an index in a file", () => {
  test("is the user's own, with its folder, and is there again the next time", async () => {
    const file = folder.join("new", "folder", "index.db");
    const index = open(file);
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    for (const name of readdirSync(folder.join("new", "folder"))) {
      expect(statSync(folder.join("new", "folder", name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(folder.join("new", "folder")).mode & 0o777).toBe(0o700);
    await index.close();
    const again = open(file);
    expect(await again.text(1)).toBe("apple");
    expect(await again.search(sampleQuery({ vector: [1, 0] }))).toMatchObject([{ document: 1 }]);
    await again.close();
    expect(problems).toEqual([]);
  });

  test("is not touched before it is used, and may be closed unused and twice", async () => {
    const index = open();
    await index.close();
    await index.close();
    expect(existsSync(path)).toBe(false);
    await expect(index.documents(0, 1)).rejects.toThrow(/closed/);
    await expect(index.seal(1)).rejects.toThrow(/closed/);
  });

  test("finishes what was asked before it is closed", async () => {
    const index = open();
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    const calls = [index.setAttributes(1, {}), index.text(1), index.removeStore(2)];
    await index.close();
    await expect(Promise.all(calls)).resolves.toEqual([undefined, "apple", undefined]);
  });

  test("does not begin a search whose caller has left while it waited", async () => {
    const index = open();
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    const caller = new AbortController();
    const gone = new Error("gone");
    const searches = Array.from({ length: 20 }, () =>
      index.search(sampleQuery({ text: "apple" }), caller.signal),
    );
    caller.abort(gone);
    const outcomes = await Promise.allSettled(searches);
    expect(outcomes.at(-1)).toEqual({ status: "rejected", reason: gone });
    await expect(index.search(sampleQuery({ text: "apple" }), caller.signal)).rejects.toBe(gone);
    expect(await index.search(sampleQuery({ text: "apple" }))).toHaveLength(1);
    await index.close();
  });

  test("that cannot be opened rejects each call and says what to do, until it can", async () => {
    writeFileSync(folder.join("file"), "");
    const index = open(folder.join("file", "index.db"));
    await expect(index.documents(0, 1)).rejects.toThrow(/Cannot open the search index .*Check that the user/);
    await expect(index.removeStore(1)).rejects.toThrow(/Cannot open the search index/);
    folder.remove();
    expect(await index.documents(0, 1)).toEqual([]);
    await index.close();
  });
});

/** Threads of this process; Linux alone tells. */
const threads = (): number => (existsSync("/proc/self/task") ? readdirSync("/proc/self/task").length : 0);

describe("an index without work", () => {
  test("has no threads, and works on as if it had", async () => {
    const index = open(path, 1);
    const before = threads();
    for (let document = 1; document <= 3; document++) {
      await addDocument(index, { document, chunks: [{ text: "apple" }] });
      expect(await index.search(sampleQuery({ text: "apple" }))).toHaveLength(document);
      await waitFor(() => threads() <= before, { what: "the threads to end", everyMs: 5 });
    }
    await index.remove([1]);
    expect(await index.documents(0, 9)).toEqual([2, 3]);
    await index.close();
    expect(problems).toEqual([]);
  });
});

describe("an index in memory", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("is in a temporary folder of its own, which goes with it", async () => {
    vi.stubEnv("TMPDIR", folder.path);
    const one = openSearchIndex({ path: ":memory:" });
    const two = openSearchIndex({ path: ":memory:" });
    await addDocument(one, { document: 1, chunks: [{ text: "apple" }] });
    expect(await two.documents(0, 9)).toEqual([]);
    expect(readdirSync(folder.path)).toHaveLength(2);
    await one.close();
    await two.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a process with an index", () => {
  test("ends by itself when nothing is under way, and leaves no temporary folder", async () => {
    const module = JSON.stringify(pathToFileURL(`${import.meta.dirname}/index.ts`).href);
    const program = `
      import { openSearchIndex } from ${module};
      const index = openSearchIndex({ path: ":memory:" });
      await index.begin({ document: 1, store: 1, attributes: {}, model: "m" });
      await index.seal(1);
      console.log(JSON.stringify(await index.documents(0, 9)));`;
    const child = await startChild({
      command: process.execPath,
      args: ["--input-type=module", "--eval", program],
      env: { ...cleanEnv(), TMPDIR: folder.path },
    });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.output()).toBe("[1]");
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe("a file that cannot be used", () => {
  async function beginsAnew(reason: RegExp): Promise<void> {
    const index = open();
    expect(await index.documents(0, 9)).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/was thrown away and begun anew/);
    expect(problems[0]).toMatch(reason);
    expect(renewals).toBe(1);
    await addDocument(index, { document: 2, chunks: [{ text: "pear" }] });
    expect(await index.search(sampleQuery({ text: "pear" }))).toMatchObject([{ document: 2 }]);
    await index.close();
  }

  async function fill(): Promise<void> {
    const index = open();
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    await index.close();
  }

  test.each([0, 999])("is begun anew when its schema is of version %i", async (version) => {
    await fill();
    const client = new Database(path);
    client.pragma(`user_version = ${version}`);
    client.close();
    await beginsAnew(new RegExp(`its schema is ${version}`));
  });

  test("is begun anew when a table is missing", async () => {
    await fill();
    const client = new Database(path);
    client.exec("DROP TABLE spans");
    client.close();
    await beginsAnew(/no table spans/);
  });

  test("is begun anew when it is no database", async () => {
    writeFileSync(path, "Once upon a time. ".repeat(1000));
    await beginsAnew(/damaged/);
  });

  test("is begun anew when its pages are overwritten", async () => {
    await fill();
    const size = statSync(path).size;
    writeFileSync(path, Buffer.alloc(size - 4096, 0x5a), { flag: "r+" });
    await beginsAnew(/damaged/);
  });

  test("is begun anew when it was damaged between two pieces of work", async () => {
    const before = threads();
    const index = open(path, 1);
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    expect(await index.text(1)).toBe("apple");
    await waitFor(() => threads() <= before, { what: "the threads to end", everyMs: 5 });
    rmSync(`${path}-wal`, { force: true });
    writeFileSync(path, "Once upon a time. ".repeat(1000));
    await index.setAttributes(1, {});
    expect(problems.join()).toMatch(/damaged/);
    expect(renewals).toBe(1);
    expect(await index.documents(0, 9)).toEqual([]);
    await index.close();
  });

  test("is left alone when it is another program's, and every call says so", async () => {
    const client = new Database(path);
    client.exec("CREATE TABLE precious (a); INSERT INTO precious VALUES (1)");
    client.pragma(`application_id = ${applicationId + 1}`);
    client.close();
    const index = open();
    await expect(index.documents(0, 1)).rejects.toThrow(/database of another program/);
    await index.close();
    const again = new Database(path);
    expect(again.prepare("SELECT a FROM precious").pluck().get()).toBe(1);
    again.close();
    expect(problems).toEqual([]);
  });

  test("is begun anew when the damage shows only later", async () => {
    const before = open();
    for (let document = 1; document <= 30; document++) {
      await addDocument(before, {
        document,
        chunks: Array.from({ length: 30 }, (_, place) => ({ text: `apple ${"pie ".repeat(50)}${place}` })),
      });
    }
    await before.close();
    const client = new Database(path);
    const root = client
      .prepare<[], number>("SELECT rootpage FROM sqlite_schema WHERE name = 'chunks'")
      .pluck()
      .get() as number;
    client.close();
    const index = open();
    expect(await index.documents(0, 1)).toEqual([1]);
    writeFileSync(path, damaged(root), { flag: "r+" });
    // Each call either still works from what is in memory or finds the damage.
    let failures = 0;
    for (let document = 1; document <= 30 && failures === 0; document++) {
      await index.text(document).catch((error: Error) => {
        expect(error.message).toMatch(/malformed/);
        failures++;
      });
    }
    expect(failures).toBe(1);
    expect(problems.join()).toMatch(/damaged/);
    expect(renewals).toBe(1);
    expect(await index.documents(0, 9)).toEqual([]);
    await addDocument(index, { document: 2, chunks: [{ text: "pear" }] });
    expect(await index.text(2)).toBe("pear");
    await index.close();
  });

  /** The file with the pages after the tables' roots, that of `root` too, overwritten. */
  function damaged(root: number): Buffer {
    const bytes = Buffer.alloc(statSync(path).size, 0x5a);
    const original = new Uint8Array(readFile());
    bytes.set(original.subarray(0, (root - 1) * 4096));
    return bytes;
  }

  function readFile(): Buffer {
    const client = new Database(path, { readonly: true });
    const copy = client.serialize();
    client.close();
    return copy;
  }
});
