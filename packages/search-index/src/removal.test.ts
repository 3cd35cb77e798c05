import { readFileSync } from "node:fs";
import type { SearchIndex } from "@gateway/engine";
import { type TempDir, tempDir } from "@gateway/testkit";
import Database from "better-sqlite3";
import { load } from "sqlite-vec";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let folder: TempDir;
let index: SearchIndex;
beforeEach(() => {
  folder = tempDir();
  index = openSearchIndex({ path: folder.join("index.db") });
});
afterEach(async () => {
  await index.close();
  folder.remove();
});

function chunksNamed(name: string, count: number): { text: string; vector: number[] }[] {
  return Array.from({ length: count }, (_, place) => ({ text: `${name} word${place}`, vector: [1, place] }));
}

/** Rows of every table that holds content, from the closed file. */
function rowsLeft(): Record<string, unknown> {
  const client = new Database(folder.join("index.db"), { readonly: true });
  load(client);
  const tables = [
    "stores",
    "documents",
    "spans",
    "chunks",
    "vectors_2",
    "bits_2",
    "words_docsize",
    "pending_merge",
  ];
  const counts = tables.map((table) => [
    table,
    client.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
  ]);
  const sum = client.prepare("SELECT sum(chunks) FROM stores").pluck().get();
  client.close();
  return { ...Object.fromEntries(counts), sum };
}

function fileHolds(text: string): boolean {
  return ["index.db", "index.db-wal"].some((name) => {
    try {
      return readFileSync(folder.join(name)).includes(text);
    } catch {
      return false;
    }
  });
}

describe("what is removed", () => {
  test("is found no more, and the rest is", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    await addDocument(index, { document: 2, chunks: [{ text: "apple" }] });
    await index.begin({ document: 3, store: 1, attributes: {}, model: "m" });
    await index.remove([1, 3, 99]);
    const hits = await index.search(sampleQuery({ text: "apple", vector: [1, 0] }));
    expect(hits.map(({ document }) => document)).toEqual([2]);
    expect(await index.documents(0, 9)).toEqual([2]);
    expect(await index.text(1)).toBeUndefined();
    await expect(index.seal(3)).rejects.toThrow(/not begun/);
    await index.remove([]);
  });

  test("leaves nothing in the file, neither text nor words, when it was a small part", async () => {
    await addDocument(index, { document: 1, chunks: chunksNamed("filler", 400) });
    await addDocument(index, { document: 2, chunks: chunksNamed("zebrasecret", 2) });
    expect(fileHolds("zebrasecret")).toBe(true);
    await index.remove([2]);
    await index.close();
    expect(fileHolds("zebrasecret")).toBe(false);
    expect(fileHolds("ebrasecret")).toBe(false);
    expect(rowsLeft()).toMatchObject({ documents: 1, chunks: 400, words_docsize: 400, sum: 400 });
  });

  test("leaves nothing in the file when it was a large part", async () => {
    await addDocument(index, { document: 1, chunks: chunksNamed("filler", 50) });
    await addDocument(index, { document: 2, chunks: chunksNamed("zebrasecret", 200) });
    await index.remove([2]);
    await index.close();
    expect(fileHolds("ebrasecret")).toBe(false);
    expect(rowsLeft()).toEqual({
      stores: 1,
      documents: 1,
      spans: 1,
      chunks: 50,
      vectors_2: 50,
      bits_2: 50,
      words_docsize: 50,
      pending_merge: 0,
      sum: 50,
    });
  });

  test("goes with its store, whatever its size, and the store may come again", async () => {
    for (let document = 1; document <= 250; document++) {
      await addDocument(index, { document, store: 5, chunks: chunksNamed("apple", 2) });
    }
    await addDocument(index, { document: 300, store: 6, chunks: [{ text: "apple" }] });
    await index.removeStore(5);
    await index.removeStore(77);
    expect(await index.documents(0, 999)).toEqual([300]);
    await addDocument(index, { document: 301, store: 5, chunks: [{ text: "apple again" }] });
    const hits = await index.search(sampleQuery({ text: "apple" }, { stores: [5] }));
    expect(hits.map(({ document }) => document)).toEqual([301]);
    await index.removeStore(5);
    await index.removeStore(6);
    await index.close();
    expect(Object.values(rowsLeft()).every((count) => count === 0 || count === null)).toBe(true);
  });
});

describe("while a store is removed", () => {
  test("searches see whole documents, and other things are written", async () => {
    for (let document = 1; document <= 60; document++) {
      await addDocument(index, { document, store: 1, chunks: chunksNamed("apple", 20) });
    }
    let removed = false;
    const removal = index.removeStore(1).then(() => {
      removed = true;
    });
    // It was asked for later and is done first.
    await addDocument(index, { document: 500, store: 2, chunks: [{ text: "apple", vector: [1, 0] }] });
    const writtenBefore = !removed;
    let hits = 0;
    while (!removed) {
      const found = await index.search(
        sampleQuery({ text: "apple", vector: [1, 0] }, { stores: [1, 2], limit: 50 }),
      );
      expect(found.some(({ document }) => document === 500)).toBe(true);
      hits += found.length;
    }
    await removal;
    expect(writtenBefore).toBe(true);
    expect(hits).toBeGreaterThan(0);
    const left = await index.search(sampleQuery({ text: "apple" }, { stores: [1, 2] }));
    expect(left.map(({ document }) => document)).toEqual([500]);
  });
});
