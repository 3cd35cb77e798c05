import { expect, test } from "vitest";
import { limitLabel } from "./label-limit.ts";

test("the first values stand for themselves, for good; later ones are one", () => {
  const label = limitLabel(2);
  expect(["a", "b", "c", "a", "d", "b"].map(label)).toEqual(["a", "b", "other", "a", "other", "b"]);
});

test("an overlong value takes no place", () => {
  const label = limitLabel(1);
  expect(label("x".repeat(129))).toBe("other");
  expect(label("a")).toBe("a");
});
