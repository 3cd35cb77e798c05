import type { SearchIndex } from "@gateway/engine";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let index: SearchIndex;
beforeEach(() => {
  index = openSearchIndex({ path: ":memory:" });
});
afterEach(() => index.close());

async function found(text: string): Promise<number[]> {
  const hits = await index.search(sampleQuery({ text }, { weights: { embedding: 0, text: 1 } }));
  return hits.map(({ document }) => document);
}

describe("a document", () => {
  test("is seen by nothing before it is sealed", async () => {
    await index.begin({ document: 1, store: 1, attributes: {}, model: "m" });
    await index.append(1, [{ text: "apple", start: 0, vector: Float32Array.of(1, 0) }]);
    expect(await index.search(sampleQuery({ text: "apple", vector: [1, 0] }))).toEqual([]);
    expect(await index.text(1)).toBeUndefined();
    expect(await index.documents(0, 10)).toEqual([]);
    expect(await index.documentsOfOtherModels("x", 0, 10)).toEqual([]);
    expect(await index.chunkTexts(1, 0, 10)).toEqual([]);
    expect(await index.replaceVectors(1, "x", 0, [Float32Array.of(1, 0)])).toBe(false);
    await index.seal(1);
    expect(await found("apple")).toEqual([1]);
  });

  test("has the bytes of its texts and vectors", async () => {
    expect(await addDocument(index, { document: 1, chunks: [{ text: "äb" }, { text: "cd" }] })).toBe(
      5 + 2 * 8,
    );
    expect(await addDocument(index, { document: 2, chunks: [] })).toBe(0);
    expect(await index.text(2)).toBe("");
  });

  test("that begins again loses what there was of it", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    await index.begin({ document: 1, store: 1, attributes: {}, model: "m" });
    expect(await found("apple")).toEqual([]);
    await index.append(1, [{ text: "pear", start: 0, vector: Float32Array.of(1, 0) }]);
    await index.seal(1);
    expect(await found("apple")).toEqual([]);
    expect(await found("pear")).toEqual([1]);
    expect(await index.text(1)).toBe("pear");
  });

  test("may move to another store and another length of vectors", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    await addDocument(index, { document: 1, store: 2, chunks: [{ text: "apple", vector: [0, 0, 1] }] });
    expect(await found("apple")).toEqual([]);
    const hits = await index.search(sampleQuery({ vector: [0, 0, 2] }, { stores: [2] }));
    expect(hits).toMatchObject([{ document: 1, score: 1 }]);
  });

  test("takes nothing before it begins, after its seal or after its removal", async () => {
    const chunk = { text: "x", start: 0, vector: Float32Array.of(1, 0) };
    await expect(index.append(1, [chunk])).rejects.toThrow(/Document 1 has not begun/);
    await expect(index.seal(1)).rejects.toThrow(/Document 1 has not begun/);
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    await expect(index.append(1, [chunk])).rejects.toThrow(/Document 1 is sealed/);
    await index.remove([1]);
    await expect(index.append(1, [chunk])).rejects.toThrow(/Document 1 has not begun/);
  });

  test("takes vectors of one length only, of finite numbers, and leaves them to the caller", async () => {
    const chunk = (...vector: number[]) => ({ text: "x", start: 0, vector: Float32Array.from(vector) });
    await index.begin({ document: 1, store: 1, attributes: {}, model: "m" });
    await expect(index.append(1, [chunk(1, 0), chunk(1)])).rejects.toThrow(/different lengths: 2 and 1/);
    await expect(index.append(1, [chunk()])).rejects.toThrow(/empty/);
    await expect(index.append(1, [chunk(Number.NaN, 0)])).rejects.toThrow(/not finite/);
    const kept = chunk(3, 4);
    await index.append(1, [kept]);
    await expect(index.append(1, [chunk(1, 0, 0)])).rejects.toThrow(/different lengths: 2 and 3/);
    await index.append(1, []);
    expect([...kept.vector]).toEqual([3, 4]);
    expect(await index.seal(1)).toBe(9);
  });

  test("gives its whole text and its chunks", async () => {
    await index.begin({ document: 7, store: 1, attributes: {}, model: "m" });
    const vector = Float32Array.of(1, 0);
    await index.append(7, [
      { text: "The quick ", start: 0, vector },
      { text: "quick brown", start: 4, vector },
    ]);
    await index.append(7, [{ text: "wn fox \ud83d", start: 13, vector }]);
    await index.append(7, [{ text: "\ude00!", start: 21, vector }]);
    await index.seal(7);
    expect(await index.text(7)).toBe("The quick brown fox 😀!");
    expect(await index.chunkTexts(7, 1, 2)).toEqual(["quick brown", "wn fox \ud83d"]);
    expect(await index.chunkTexts(7, 3, 10)).toEqual(["\ude00!"]);
    expect(await index.chunkTexts(7, 4, 10)).toEqual([]);
    expect(await index.text(8)).toBeUndefined();
    expect(await index.chunkTexts(8, 0, 1)).toEqual([]);
  });

  test("keeps its own chunks where several are written at the same time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 25 }), async (order) => {
        const texts = new Map([1, 2, 3, 4].map((document) => [document, [] as string[]]));
        for (const document of texts.keys()) {
          await index.begin({ document, store: 1, attributes: {}, model: "m" });
        }
        for (const [turn, document] of order.entries()) {
          const chunks = texts.get(document) ?? [];
          const start = chunks.join("").length;
          chunks.push(`(${turn})`);
          await index.append(document, [{ text: `(${turn})`, start, vector: Float32Array.of(1, 0) }]);
        }
        for (const [document, chunks] of texts) {
          await index.seal(document);
          expect(await index.text(document)).toBe(chunks.join(""));
          expect(await index.chunkTexts(document, 0, 50)).toEqual(chunks);
          for (const [ordinal, text] of chunks.entries()) {
            const hits = await index.search(sampleQuery({ text }));
            expect(hits[0]).toMatchObject({ document, ordinal, text });
          }
        }
      }),
      { numRuns: 8 },
    );
  });
});

describe("the list of documents", () => {
  test("is in pages, ascending, of sealed ones", async () => {
    for (const document of [5, 3, 9, 4]) await addDocument(index, { document, store: document, chunks: [] });
    await index.begin({ document: 6, store: 1, attributes: {}, model: "m" });
    expect(await index.documents(0, 3)).toEqual([3, 4, 5]);
    expect(await index.documents(5, 3)).toEqual([9]);
    expect(await index.documents(9, 3)).toEqual([]);
  });

  test("tells which have vectors of other models", async () => {
    await addDocument(index, { document: 3, model: "old", chunks: [] });
    await addDocument(index, { document: 1, model: "older", chunks: [] });
    await addDocument(index, { document: 2, model: "m", chunks: [] });
    expect(await index.documentsOfOtherModels("m", 0, 10)).toEqual([1, 3]);
    expect(await index.documentsOfOtherModels("m", 0, 1)).toEqual([1]);
  });
});

describe("new vectors", () => {
  test("replace all of a document, of another length too", async () => {
    await addDocument(index, {
      document: 1,
      model: "old",
      chunks: [{ text: "apple" }, { text: "pear" }],
    });
    const vectors = [Float32Array.of(0, 0, 1), Float32Array.of(0, 5, 0)];
    expect(await index.replaceVectors(1, "m", 0, vectors)).toBe(true);
    const hits = await index.search(sampleQuery({ vector: [0, 1, 0] }));
    expect(hits).toMatchObject([
      { ordinal: 1, score: 1 },
      { ordinal: 0, score: 0 },
    ]);
    expect(await index.documentsOfOtherModels("m", 0, 10)).toEqual([]);
    expect(await index.seal(1)).toBe(9 + 2 * 12);
    expect(await index.search(sampleQuery({ vector: [1, 0] }))).toEqual([]);
  });

  test("are refused for another number of chunks, or a document that is not there", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }] });
    expect(await index.replaceVectors(1, "x", 0, [])).toBe(false);
    expect(await index.replaceVectors(1, "x", 0, [Float32Array.of(1), Float32Array.of(1)])).toBe(false);
    expect(await index.replaceVectors(2, "x", 0, [Float32Array.of(1, 0)])).toBe(false);
    expect(await index.documentsOfOtherModels("m", 0, 10)).toEqual([]);
  });

  test("are replaced piece by piece: until the last the document is found by its text alone", async () => {
    const words = Array.from({ length: 5 }, (_, place) => ({ text: `apple${place}`, vector: [1, 0] }));
    // Two runs of chunks: another document lies between them.
    await index.begin({ document: 1, store: 1, attributes: {}, model: "old" });
    const chunksOf = (from: number, to: number) =>
      words
        .slice(from, to)
        .map(({ text }, place) => ({ text, start: from + place, vector: Float32Array.of(1, 0) }));
    await index.append(1, chunksOf(0, 3));
    await addDocument(index, { document: 2, chunks: [{ text: "pear", vector: [0, 0, 1] }] });
    await index.append(1, chunksOf(3, 5));
    await index.seal(1);
    const vector = (place: number) => Float32Array.of(1, place, 0);
    const nearest = async (model: string, query: number[]) =>
      (await index.search(sampleQuery({ vector: query }, { model }))).map(({ document }) => document);

    expect(await index.replaceVectors(1, "m", 0, [vector(0), vector(1)])).toBe(true);
    expect(await nearest("m", [1, 0, 0])).toEqual([2]);
    expect(await nearest("old", [1, 0])).toEqual([]);
    expect(await found("apple4")).toEqual([1]);
    expect(await index.documentsOfOtherModels("m", 0, 9)).toEqual([1]);
    expect(await index.documentsOfOtherModels("old", 0, 9)).toEqual([1, 2]);
    await expect(index.replaceVectors(1, "m", 2, [Float32Array.of(1, 0)])).rejects.toThrow(
      /different lengths/,
    );

    expect(await index.replaceVectors(1, "m", 2, [vector(2), vector(3)])).toBe(true);
    expect(await index.replaceVectors(1, "m", 4, [vector(4), vector(5)])).toBe(false);
    expect(await index.replaceVectors(1, "m", 4, [vector(4)])).toBe(true);
    expect(await index.documentsOfOtherModels("m", 0, 9)).toEqual([]);
    const [hit] = await index.search(sampleQuery({ vector: [1, 4, 0] }, { limit: 1 }));
    expect(hit).toMatchObject({ document: 1, ordinal: 4, text: "apple4", score: 1 });
    expect(await index.seal(1)).toBe(30 + 5 * 12);
  });

  test("that were left half replaced are begun again, also with those of a third length", async () => {
    const chunks = [{ text: "apple" }, { text: "pear" }];
    await addDocument(index, { document: 1, model: "old", chunks });
    expect(await index.replaceVectors(1, "m", 0, [Float32Array.of(0, 0, 1)])).toBe(true);
    expect(await index.replaceVectors(1, "n", 0, [Float32Array.of(1), Float32Array.of(2)])).toBe(true);
    expect(await index.replaceVectors(1, "n", 1, [Float32Array.of(1)])).toBe(false);
    const hits = await index.search(sampleQuery({ vector: [1] }, { model: "n" }));
    expect(hits.map(({ text }) => text)).toEqual(["apple", "pear"]);
    await index.remove([1]);
    expect(await index.documentsOfOtherModels("x", 0, 9)).toEqual([]);
  });

  test("are all of one length", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "apple" }, { text: "pear" }] });
    const uneven = [Float32Array.of(1, 2, 3), Float32Array.of(1, 2)];
    await expect(index.replaceVectors(1, "n", 0, uneven)).rejects.toThrow(/different lengths/);
  });

  test("may be none for a document without chunks", async () => {
    await addDocument(index, { document: 1, model: "old", chunks: [] });
    expect(await index.replaceVectors(1, "m", 0, [])).toBe(true);
    expect(await index.documentsOfOtherModels("m", 0, 10)).toEqual([]);
  });
});
