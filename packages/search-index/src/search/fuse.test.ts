import { describe, expect, test } from "vitest";
import { type Candidate, fuse } from "./fuse.ts";

function score(candidates: Candidate[], embedding: number, text: number): number[] {
  const scores = fuse(candidates, { embedding, text });
  return candidates.map(({ id }) => Number((scores.get(id) ?? Number.NaN).toFixed(4)));
}

const near: Candidate = { id: 1, cosine: 0.9, text: undefined };
const both: Candidate = { id: 2, cosine: 0.8, text: { bm25: 3, share: 1 } };
const words: Candidate = { id: 3, cosine: 0.1, text: { bm25: 2, share: 0.5 } };
const foreign: Candidate = { id: 4, cosine: undefined, text: { bm25: 4, share: 0.5 } };

describe("a fused score", () => {
  test("joins both ranks and is scaled by the evidence", () => {
    const inverse = (rank: number): number => 61 / (60 + rank);
    expect(score([near, both, words], 1, 1)).toEqual([
      Number((0.5 * 0.9).toFixed(4)),
      Number((((inverse(2) + inverse(1)) / 2) * 1).toFixed(4)),
      Number((((inverse(3) + inverse(2)) / 2) * 0.5).toFixed(4)),
    ]);
  });

  test("follows the weights", () => {
    expect(score([near, both], 3, 1)[0]).toBe(0.675);
    expect(score([near, both], 1, 3)[0]).toBe(0.225);
  });

  test("is the cosine where only vectors count, and never below 0", () => {
    const away: Candidate = { id: 5, cosine: -0.5, text: { bm25: 1, share: 1 } };
    expect(score([near, both, away, foreign], 1, 0)).toEqual([0.9, 0.8, 0, Number.NaN]);
  });

  test("is the cosine where no word was found", () => {
    expect(score([near], 1, 1)).toEqual([0.9]);
  });

  test("is by words alone where only they count", () => {
    expect(score([near, both, words], 0, 1)).toEqual([Number.NaN, 1, Number(((61 / 62) * 0.5).toFixed(4))]);
  });

  test("measures a chunk whose vector cannot be compared by its words", () => {
    expect(score([near, both, foreign], 1, 1)[2]).toBe(0.5);
  });

  test("is never above 1", () => {
    expect(score([{ id: 1, cosine: 1.0000001, text: { bm25: 1, share: 1 } }], 1, 1)).toEqual([1]);
    expect(score([{ id: 1, cosine: 1.0000001, text: undefined }], 1, 0)).toEqual([1]);
  });
});
