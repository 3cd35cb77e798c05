import { expect, test } from "vitest";
import { KeptBySize } from "./kept-by-size.ts";

test("what was not used for longest makes room", () => {
  const kept = new KeptBySize<string, number>(10);
  kept.set("a", 1, 4);
  kept.set("b", 2, 4);
  expect(kept.get("a")).toBe(1);
  kept.set("c", 3, 4);
  expect([kept.get("a"), kept.get("b"), kept.get("c"), kept.size]).toEqual([1, undefined, 3, 8]);
  kept.set("d", 4, 10);
  expect([kept.get("a"), kept.get("c"), kept.get("d"), kept.size]).toEqual([undefined, undefined, 4, 10]);
});

test("a value takes the place of the key's former one, and one that is too large only empties it", () => {
  const kept = new KeptBySize<string, number>(10);
  kept.set("a", 1, 9);
  kept.set("a", 2, 3);
  kept.set("b", 3, 7);
  expect([kept.get("a"), kept.get("b"), kept.size]).toEqual([2, 3, 10]);
  kept.set("a", 4, 11);
  expect([kept.get("a"), kept.get("b"), kept.size]).toEqual([undefined, 3, 7]);
});
