import type { SearchIndex } from "@gateway/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { addDocument, sampleQuery } from "./testing/add-document.ts";

let index: SearchIndex;
beforeEach(() => {
  index = openSearchIndex({ path: ":memory:" });
});
afterEach(() => index.close());

const vectorsOnly = { weights: { embedding: 1, text: 0 } };
const textOnly = { weights: { embedding: 0, text: 1 } };

describe("a search by vectors", () => {
  test("scores by cosine, whatever the lengths, and not below 0", async () => {
    await addDocument(index, {
      document: 1,
      chunks: [
        { text: "away", vector: [-1, 0] },
        { text: "near", vector: [30, 40] },
        { text: "across", vector: [0, 1] },
        { text: "same", vector: [0.1, 0] },
      ],
    });
    const hits = await index.search(sampleQuery({ vector: [7, 0] }, vectorsOnly));
    expect(hits.map(({ text, score }) => [text, Number(score.toFixed(6))])).toEqual([
      ["same", 1],
      ["near", 0.6],
      ["away", 0],
      ["across", 0],
    ]);
  });

  test("finds nothing by a vector of zeros, nor such chunks", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "a", vector: [0, 0] }, { text: "b" }] });
    expect(await index.search(sampleQuery({ vector: [0, 0] }, vectorsOnly))).toEqual([]);
    const hits = await index.search(sampleQuery({ vector: [1, 0] }, vectorsOnly));
    expect(hits.map(({ text }) => text)).toEqual(["b"]);
  });

  test("rejects numbers that are not finite", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "a" }] });
    await expect(index.search(sampleQuery({ vector: [Number.NaN, 0] }))).rejects.toThrow(/not finite/);
  });

  test("takes a vector that is part of a larger buffer, and leaves it to the caller", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "a", vector: [0, 1] }] });
    const buffer = Float32Array.of(9, 0, 1, 9);
    const query = { ...sampleQuery({}), queries: [{ text: "", vector: buffer.subarray(1, 3) }] };
    expect(await index.search(query)).toMatchObject([{ score: 1 }]);
    expect([...buffer]).toEqual([9, 0, 1, 9]);
  });
});

describe("a search by words", () => {
  test("puts rare words before common ones, and often before once", async () => {
    const filler = Array.from({ length: 8 }, (_, place) => ({ text: `common text number${place}` }));
    await addDocument(index, {
      document: 1,
      chunks: [...filler, { text: "rare text here" }, { text: "rare text rare" }],
    });
    const hits = await index.search(sampleQuery({ text: "common rare" }, textOnly));
    expect(hits.slice(0, 2).map(({ text }) => text)).toEqual(["rare text rare", "rare text here"]);
    expect(hits).toHaveLength(10);
  });

  test("scores a chunk with all words at the top as 1, and one with some as less", async () => {
    await addDocument(index, {
      document: 1,
      chunks: [{ text: "red apple" }, { text: "red pear" }, { text: "green plum" }],
    });
    const hits = await index.search(sampleQuery({ text: "red apple" }, textOnly));
    expect(hits.map(({ text }) => text)).toEqual(["red apple", "red pear"]);
    expect(hits[0]?.score).toBe(1);
    expect(hits[1]?.score).toBeLessThan(0.5);
  });

  test("lowers the score for words that are nowhere, so that a threshold keeps guesses out", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "red apple" }, { text: "plum" }] });
    const [hit] = await index.search(sampleQuery({ text: "red xylophone quartet" }, textOnly));
    expect(hit?.score).toBeLessThan(0.35);
    expect(await index.search(sampleQuery({ text: "xylophone quartet" }, textOnly))).toEqual([]);
  });

  test("finds other forms of English words", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "deployments of running services" }] });
    const [hit] = await index.search(sampleQuery({ text: "deployment run service" }, textOnly));
    expect(hit?.score).toBe(1);
  });
});

describe("a search by both", () => {
  const chunks = [
    { text: "alpha", vector: [0, 1] },
    { text: "beta", vector: [1, 0.1] },
    { text: "alpha beta", vector: [1, 0.2] },
  ];

  test("prefers what both find", async () => {
    await addDocument(index, { document: 1, chunks });
    const hits = await index.search(sampleQuery({ text: "alpha beta", vector: [1, 0] }));
    expect(hits.map(({ text }) => text)).toEqual(["alpha beta", "beta", "alpha"]);
    expect(hits[0]?.score).toBeGreaterThan(0.98);
  });

  test("gives what vectors alone give, where the words are nowhere or there are none", async () => {
    await addDocument(index, { document: 1, chunks });
    const expected = await index.search(sampleQuery({ vector: [1, 0] }, vectorsOnly));
    expect(await index.search(sampleQuery({ text: "gamma", vector: [1, 0] }))).toEqual(expected);
    expect(await index.search(sampleQuery({ text: "?!", vector: [1, 0] }))).toEqual(expected);
  });

  test("gives what words alone give, without a vector or with one that nothing compares to", async () => {
    await addDocument(index, { document: 1, chunks });
    const expected = await index.search(sampleQuery({ text: "alpha" }, textOnly));
    expect(expected).toHaveLength(2);
    expect(await index.search(sampleQuery({ text: "alpha" }))).toEqual(expected);
    expect(await index.search(sampleQuery({ text: "alpha", vector: [1, 0, 0] }))).toEqual(expected);
    expect(await index.search(sampleQuery({ text: "alpha", vector: [1, 0] }, { model: "new" }))).toEqual(
      expected,
    );
  });

  test("measures documents of other models by their text", async () => {
    await addDocument(index, { document: 1, chunks: [{ text: "alpha one" }] });
    await addDocument(index, {
      document: 2,
      model: "old",
      chunks: [{ text: "alpha two" }, { text: "beta" }],
    });
    const hits = await index.search(sampleQuery({ text: "alpha", vector: [1, 0] }));
    expect(hits.map(({ document, ordinal }) => [document, ordinal])).toEqual([
      [1, 0],
      [2, 0],
    ]);
    const near = await index.search(sampleQuery({ vector: [1, 0] }));
    expect(near.map(({ document }) => document)).toEqual([1]);
  });
});

describe("several queries", () => {
  test("give each chunk its best score", async () => {
    await addDocument(index, {
      document: 1,
      chunks: [
        { text: "one", vector: [1, 0] },
        { text: "two", vector: [0, 1] },
        { text: "three", vector: [-1, -1] },
      ],
    });
    const queries = [
      { text: "", vector: Float32Array.of(1, 0) },
      { text: "", vector: Float32Array.of(0, 1) },
      { text: "three", vector: undefined },
    ];
    const hits = await index.search({ ...sampleQuery({}), queries });
    expect(hits.map(({ text, score }) => [text, score])).toEqual([
      ["one", 1],
      ["two", 1],
      ["three", 1],
    ]);
  });
});

describe("hits", () => {
  test("come with the place of the chunk, equal ones by document and place", async () => {
    const same = [{ text: "same word" }, { text: "same word" }];
    for (const document of [3, 1, 2]) await addDocument(index, { document, chunks: same });
    const hits = await index.search(sampleQuery({ vector: [1, 0] }, { limit: 4 }));
    expect(hits.map(({ document, ordinal }) => [document, ordinal])).toEqual([
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
    ]);
  });

  test("are of the given stores only, and of all of them", async () => {
    await addDocument(index, { document: 1, store: 1, chunks: [{ text: "apple", vector: [1, 0.3] }] });
    await addDocument(index, { document: 2, store: 2, chunks: [{ text: "apple", vector: [1, 0.2] }] });
    await addDocument(index, { document: 3, store: 3, chunks: [{ text: "apple", vector: [1, 0.1] }] });
    const search = async (stores: number[]): Promise<number[]> => {
      const hits = await index.search(sampleQuery({ text: "apple", vector: [1, 0] }, { stores }));
      return hits.map(({ document }) => document).sort();
    };
    expect(await search([1])).toEqual([1]);
    expect(await search([3, 1, 3])).toEqual([1, 3]);
    expect(await search([99, 2])).toEqual([2]);
    expect(await search([])).toEqual([]);
    expect(await search([99])).toEqual([]);
  });

  test("are scored by what is in the searched stores, not by others", async () => {
    const chunks = [{ text: "apple pie" }, { text: "apple tart" }, { text: "plum pie" }];
    await addDocument(index, { document: 1, chunks });
    const query = sampleQuery({ text: "apple pie" }, textOnly);
    const alone = await index.search(query);
    const others = Array.from({ length: 50 }, () => ({ text: "pie pie pie" }));
    await addDocument(index, { document: 2, store: 2, chunks: others });
    const beside = await index.search(query);
    expect(beside.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
    for (const [place, { score }] of alone.entries()) expect(beside[place]?.score).toBeCloseTo(score, 9);
  });
});
