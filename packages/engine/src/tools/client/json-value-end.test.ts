import * as fc from "fast-check";
import { expect, test } from "vitest";
import { JsonValueEnd } from "./json-value-end.ts";

function reached(...pieces: string[]): boolean {
  const end = new JsonValueEnd();
  for (const piece of pieces) end.push(piece);
  return end.reached;
}

test("a value is over with its last quote or bracket, and not before", () => {
  const text = fc.string({
    unit: fc.constantFrom("{", "[", "\\", '"', "]", "}", ",", ":", "a"),
    maxLength: 12,
  });
  const values = fc.oneof(text, fc.array(text), fc.dictionary(text, fc.tuple(text, fc.integer())));
  fc.assert(
    fc.property(values, fc.nat(), (value, at) => {
      const json = JSON.stringify(value);
      const place = at % json.length;
      expect(reached(json.slice(0, place), json.slice(place), " \n")).toBe(true);
      expect(reached(json.slice(0, place))).toBe(false);
      expect(reached(json, "x")).toBe(false);
    }),
  );
});

test("brackets and escaped quotes within a string are none", () => {
  expect(reached('{"a":"}\\"}')).toBe(false);
  expect(reached('{"a":"}\\"}', '"}')).toBe(true);
});
