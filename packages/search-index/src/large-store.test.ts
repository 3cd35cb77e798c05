import type { IndexChunk, SearchIndex } from "@gateway/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSearchIndex } from "./index.ts";
import { sampleQuery } from "./testing/add-document.ts";

const dimensions = 256;
const documents = 12;
const chunksEach = 400;

let index: SearchIndex;
const vectors: Float32Array[] = [];

/** Numbers that look like chance and are the same in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomNumbers(7);

function noise(): Float32Array {
  return Float32Array.from({ length: dimensions }, () => random() + random() - 1);
}

const topics = Array.from({ length: 40 }, noise);

/** Vectors lie around topics, as those of texts do. */
function someVector(): Float32Array {
  const topic = topics[Math.floor(random() * topics.length)];
  return noise().map((value, at) => value + (topic?.[at] ?? 0));
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number =>
    x.reduce((sum, v, at) => sum + v * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** Of a store with more chunks than are compared one by one; every second chunk has the word "often". */
beforeAll(async () => {
  index = openSearchIndex({ path: ":memory:" });
  for (let document = 1; document <= documents; document++) {
    await index.begin({ document, store: 1, attributes: {}, model: "m" });
    const chunks = Array.from({ length: chunksEach }, (_, place): IndexChunk => {
      const vector = someVector();
      vectors.push(vector);
      const text = `all of it ${place % 2 ? "often" : "else"} place${place} ${place === 77 ? "seldom" : ""}`;
      return { text, start: place * 40, vector };
    });
    await index.append(document, chunks);
    await index.seal(document);
  }
});
afterAll(() => index.close());

describe("a store with many chunks", () => {
  test("gives nearly all of the nearest, with their true cosines", async () => {
    let right = 0;
    for (let run = 0; run < 10; run++) {
      const query = someVector();
      const nearest = vectors
        .map((vector, at) => ({ at, score: cosine(vector, query) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, 10);
      const hits = await index.search(
        sampleQuery({ vector: [...query] }, { weights: { embedding: 1, text: 0 } }),
      );
      for (const { document, ordinal, score } of hits) {
        const at = (document - 1) * chunksEach + ordinal;
        expect(score).toBeCloseTo(cosine(vectors[at] as Float32Array, query), 5);
        if (nearest.some((each) => each.at === at)) right++;
      }
    }
    expect(right).toBeGreaterThan(90);
  });

  test("finds the few chunks with a rare word among common ones", async () => {
    const textOnly = { weights: { embedding: 0, text: 1 }, limit: 20 };
    const hits = await index.search(sampleQuery({ text: "all of it often seldom" }, textOnly));
    expect(hits.slice(0, documents).map(({ ordinal }) => ordinal)).toEqual(Array(documents).fill(77));
    // There are fewer with the rare word than are wanted: the common words give the rest.
    expect(hits).toHaveLength(20);
  });

  test("is searched by a word that nearly all chunks have, too", async () => {
    const textOnly = { weights: { embedding: 0, text: 1 } };
    expect(await index.search(sampleQuery({ text: "all" }, textOnly))).toHaveLength(10);
  });

  test("leaves out, while they are written, documents that are not sealed", async () => {
    for (let document = 101; document <= 120; document++) {
      await index.begin({ document, store: 1, attributes: {}, model: "m" });
    }
    const vector = someVector();
    // One after the other, so that their chunks lie in many places between each other.
    for (let turn = 0; turn < 3; turn++) {
      for (let document = 101; document <= 120; document++) {
        await index.append(document, [{ text: "unsealed often", start: 0, vector }]);
      }
    }
    for (let document = 101; document <= 120; document += 2) await index.seal(document);
    const hits = await index.search(sampleQuery({ text: "unsealed", vector: [...vector] }, { limit: 50 }));
    const sealed = hits.filter(({ document }) => document > 100);
    expect(sealed).toHaveLength(30);
    expect(sealed.every(({ document }) => document % 2 === 1)).toBe(true);
    expect(hits.slice(0, 30)).toEqual(sealed);
    await index.remove(Array.from({ length: 20 }, (_, place) => 101 + place));
  });
});
