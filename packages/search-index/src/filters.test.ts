import type { SearchIndex } from "@gateway/engine";
import type { Attributes, SearchFilter } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let index: SearchIndex;
beforeEach(() => {
  index = openSearchIndex({ path: ":memory:" });
});
afterEach(() => index.close());

async function found(filter: SearchFilter, stores = [1]): Promise<number[]> {
  const hits = await index.search(
    sampleQuery({ text: "apple", vector: [1, 0] }, { filter, stores, limit: 50 }),
  );
  return hits.map(({ document }) => document).sort((a, b) => a - b);
}

describe("a search with a filter", () => {
  test("keeps types apart and takes any key as it is", async () => {
    const all: Attributes[] = [
      { v: true, "a\"b'.c": "x" },
      { v: 1, "a.b": "x" },
      { v: "1", "$[0]": "x" },
      { "ключ 键": 5, "": "empty" },
    ];
    for (const [place, attributes] of all.entries()) {
      await addDocument(index, { document: place + 1, attributes, chunks: [{ text: "apple" }] });
    }
    expect(await found({ type: "eq", key: "v", value: true })).toEqual([1]);
    expect(await found({ type: "eq", key: "v", value: 1 })).toEqual([2]);
    expect(await found({ type: "eq", key: "v", value: "1" })).toEqual([3]);
    expect(await found({ type: "ne", key: "v", value: 1 })).toEqual([1, 3, 4]);
    expect(await found({ type: "eq", key: "a\"b'.c", value: "x" })).toEqual([1]);
    expect(await found({ type: "eq", key: "a.b", value: "x" })).toEqual([2]);
    expect(await found({ type: "eq", key: "$[0]", value: "x" })).toEqual([3]);
    expect(await found({ type: "gte", key: "ключ 键", value: 5 })).toEqual([4]);
    expect(await found({ type: "nin", key: "v", value: [true, "1"] })).toEqual([2, 4]);
    expect(await found({ type: "eq", key: "') OR 1=1 --", value: "x" })).toEqual([]);
  });

  test("sees changed attributes at once", async () => {
    const filter: SearchFilter = { type: "eq", key: "state", value: "new" };
    await addDocument(index, { document: 1, attributes: { state: "old" }, chunks: [{ text: "apple" }] });
    expect(await found(filter)).toEqual([]);
    await index.setAttributes(1, { state: "new" });
    expect(await found(filter)).toEqual([1]);
    await index.setAttributes(2, { state: "new" });
    await addDocument(index, { document: 3, attributes: { state: "new" }, chunks: [{ text: "apple" }] });
    expect(await found(filter)).toEqual([1, 3]);
    await index.remove([1]);
    expect(await found(filter)).toEqual([3]);
  });

  test("is about the documents of each store, also where a store takes the place of a removed one", async () => {
    const filter: SearchFilter = { type: "eq", key: "n", value: 1 };
    await addDocument(index, { document: 1, store: 1, attributes: { n: 1 }, chunks: [{ text: "apple" }] });
    await addDocument(index, { document: 2, store: 2, attributes: { n: 1 }, chunks: [{ text: "apple" }] });
    expect(await found(filter, [2, 1])).toEqual([1, 2]);
    await index.removeStore(1);
    await addDocument(index, { document: 3, store: 3, attributes: { n: 2 }, chunks: [{ text: "apple" }] });
    expect(await found(filter, [3])).toEqual([]);
    expect(await found(filter, [1, 2, 3])).toEqual([2]);
  });

  test("gives full results from few documents among many that fit the query better", async () => {
    // More chunks than are compared one by one, and more than come out of either ranking.
    for (let document = 1; document <= 30; document++) {
      await addDocument(index, {
        document,
        attributes: { kind: document === 13 ? "wanted" : "other" },
        chunks: Array.from({ length: 100 }, (_, place) =>
          document === 13
            ? { text: `common filler ${place}`, vector: [1, 2 + place / 100] }
            : { text: `common best best ${place}`, vector: [1, place / 1000] },
        ),
      });
    }
    const filter: SearchFilter = { type: "eq", key: "kind", value: "wanted" };
    for (const weights of [
      { embedding: 1, text: 0 },
      { embedding: 0, text: 1 },
      { embedding: 1, text: 1 },
    ]) {
      const query = sampleQuery({ text: "common best", vector: [1, 0] }, { filter, weights });
      const hits = await index.search(query);
      expect(hits.map(({ document }) => document)).toEqual(Array(10).fill(13));
    }
    const wide: SearchFilter = { type: "ne", key: "kind", value: "wanted" };
    const hits = await index.search(sampleQuery({ text: "filler", vector: [1, 2] }, { filter: wide }));
    expect(hits).toHaveLength(10);
    expect(hits.every(({ document }) => document !== 13)).toBe(true);
  });
});
