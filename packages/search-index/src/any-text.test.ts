import type { SearchIndex } from "@gateway/engine";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let index: SearchIndex;
beforeAll(async () => {
  index = openSearchIndex({ path: ":memory:" });
  const texts = [
    "The quick brown fox AND the lazy dog",
    "今天天气怎么样",
    "東京タワーのスーパーマーケット",
    "สวัสดีครับ",
    "Die Größe der Übung",
    "한국어 텍스트",
    "error ERR_CONN_REFUSED in config.yaml",
  ];
  await addDocument(index, { document: 1, chunks: texts.map((text) => ({ text })) });
});
afterAll(() => index.close());

async function first(text: string): Promise<string | undefined> {
  const hits = await index.search(sampleQuery({ text }, { weights: { embedding: 0, text: 1 } }));
  return hits[0]?.text;
}

describe("a query of any text", () => {
  test.each([
    ['"fox" AND NOT (lazy*', "The quic"],
    ["NEAR(fox dog) ^quick list:brown", "The quic"],
    ["天气", "今天天气"],
    ["怎么", "今天天气"],
    ["スーパー", "東京タワーのス"],
    ["東京", "東京タワーのス"],
    ["สวัสดี", "สวัสดีคร"],
    ["grosse ubung", "Die Größ"],
    ["ÜBUNG", "Die Größ"],
    ["텍스트", "한국어 텍스트"],
    ["err_conn_refused", "error ER"],
    ["config.yaml", "error ER"],
  ])("finds by %j", async (query, start) => {
    expect((await first(query))?.slice(0, start.length)).toBe(start);
  });

  test.each(["", " ", "\"'*^:()-+{}", "😀🎉", "\u0000", "気温", "AND OR NOT"])("may be %j", async (query) => {
    const found = await first(query);
    if (!query.includes("AND")) expect(found).toBeUndefined();
  });

  test("never fails", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 80 }), async (text) => {
        const hits = await index.search(sampleQuery({ text, vector: [1, 0] }));
        expect(hits).toHaveLength(7);
      }),
      { numRuns: 60 },
    );
  });

  test("may be as long as a book", async () => {
    const book = Array.from({ length: 20_000 }, (_, place) => `word${place}`).join(" ");
    expect(await first(`fox ${book}`)).toMatch(/^The quick/);
  });
});
