import { describe, expect, test } from "vitest";
import { openProse } from "./prose.ts";
import { hashOf, openRandom } from "./random.ts";

describe("prose", () => {
  test("is the same for the same seed, and another for another", () => {
    const [text, again, other] = [1, 1, 2].map((seed) => openProse(seed).text(200));
    expect(again).toBe(text);
    expect(other).not.toBe(text);
  });

  test("has as many words as asked for, give or take a sentence, in whole sentences and several paragraphs", () => {
    for (const words of [1, 100, 500, 5000]) {
      const text = openProse(3).text(words);
      const count = text.split(/\s+/).length;
      expect(count).toBeGreaterThanOrEqual(words);
      expect(count).toBeLessThan(words + 60);
      for (const paragraph of text.split("\n\n")) expect(paragraph).toMatch(/^[A-Z].*\.$/);
    }
    expect(openProse(3).text(500).split("\n\n").length).toBeGreaterThan(3);
  });

  test("has few common words and many rare ones, so that a search has something to tell apart", () => {
    const words =
      openProse(5)
        .text(50_000)
        .toLowerCase()
        .match(/[a-z]+/g) ?? [];
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    expect(counts.get("the")).toBeGreaterThan(words.length / 10);
    expect([...counts.values()].filter((count) => count === 1).length).toBeGreaterThan(1000);
  });

  test("questions use its words and are of a few", () => {
    const prose = openProse(7);
    for (let i = 0; i < 50; i += 1) {
      const count = prose.question().split(" ").length;
      expect(count).toBeGreaterThanOrEqual(4);
      expect(count).toBeLessThanOrEqual(9);
    }
  });
});

test("random numbers lie from 0 to 1 evenly, and texts that differ in a letter differ in their hash", () => {
  const random = openRandom(9);
  const numbers = Array.from({ length: 10_000 }, random);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.reduce((sum, each) => sum + each, 0) / numbers.length).toBeCloseTo(0.5, 1);
  expect(new Set(["", "a", "b", "ab", "ba"].map(hashOf)).size).toBe(5);
});
