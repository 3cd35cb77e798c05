import { expect, test } from "vitest";
import { overRounds } from "./rounds.ts";
import type { Measured } from "./stage.ts";
import { median, quantile } from "./statistics.ts";
import { growth } from "./topics/memory.ts";

test("the median is the middle value, or the mean of the two in the middle", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeUndefined();
});

test("a quantile is one of the values, by nearest rank", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  expect(quantile(hundred, 0.99)).toBe(99);
  expect(quantile(hundred, 0.5)).toBe(50);
  expect(quantile([7], 0.99)).toBe(7);
});

test("ratios pair the values of one round, so that a slow round does not count", () => {
  const round = (rate: number): Measured => ({ rate }) as Measured;
  const rounds = overRounds({ a: [10, 1, 12].map(round), b: [20, 2, 20].map(round) });
  expect(rounds.ratio("a", "b", "rate")).toBe(0.5);
  expect(rounds.added("b", "a", "rate")).toBe(8);
  expect(rounds.median("a", "rate")).toBe(10);
  expect(rounds.ratio("a", "missing", "rate")).toBeUndefined();
});

test("growth compares the last quarter with the second and leaves the first one out", () => {
  const steady = [10, 50, 100, 100, 100, 100, 100, 100];
  expect(growth(steady)).toBe(0);
  expect(growth([1, 1, 100, 100, 105, 105, 110, 110])).toBeCloseTo(0.1);
  expect(growth([1, 2, 3])).toBeUndefined();
});
