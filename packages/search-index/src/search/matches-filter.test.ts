import type { SearchFilter } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { matchesFilter } from "./matches-filter.ts";

const attributes = { year: 2024, name: "Änne", done: true, one: 1, empty: "", 'a."b".c': "x", ключ: "y" };

describe("a filter", () => {
  test.each<[string, SearchFilter, boolean]>([
    ["eq on a number", { type: "eq", key: "year", value: 2024 }, true],
    ["eq on another number", { type: "eq", key: "year", value: 2023 }, false],
    ["eq on a string", { type: "eq", key: "name", value: "Änne" }, true],
    ["eq on an empty string", { type: "eq", key: "empty", value: "" }, true],
    ["eq on a boolean", { type: "eq", key: "done", value: true }, true],
    ["eq of true and 1", { type: "eq", key: "done", value: 1 }, false],
    ["eq of 1 and true", { type: "eq", key: "one", value: true }, false],
    ["eq of 1 and its text", { type: "eq", key: "one", value: "1" }, false],
    ["eq without the attribute", { type: "eq", key: "none", value: "x" }, false],
    ["ne on another value", { type: "ne", key: "year", value: 2023 }, true],
    ["ne on the same value", { type: "ne", key: "year", value: 2024 }, false],
    ["ne on another type", { type: "ne", key: "done", value: 1 }, true],
    ["ne without the attribute", { type: "ne", key: "none", value: "x" }, true],
    ["gt", { type: "gt", key: "year", value: 2023 }, true],
    ["gt of the same", { type: "gt", key: "year", value: 2024 }, false],
    ["gte of the same", { type: "gte", key: "year", value: 2024 }, true],
    ["lt", { type: "lt", key: "year", value: 2024.5 }, true],
    ["lt of the same", { type: "lt", key: "year", value: 2024 }, false],
    ["lte of the same", { type: "lte", key: "year", value: 2024 }, true],
    ["gt on strings", { type: "gt", key: "name", value: "A" }, true],
    ["gt on different types", { type: "gt", key: "year", value: "2000" }, false],
    ["gt on a boolean", { type: "gt", key: "done", value: 0 }, false],
    ["lt without the attribute", { type: "lt", key: "none", value: 1 }, false],
    ["in", { type: "in", key: "year", value: [1, 2024] }, true],
    ["in without the value", { type: "in", key: "year", value: ["2024"] }, false],
    ["in without the attribute", { type: "in", key: "none", value: ["x"] }, false],
    ["nin", { type: "nin", key: "year", value: [1, "2024"] }, true],
    ["nin with the value", { type: "nin", key: "done", value: [true] }, false],
    ["nin without the attribute", { type: "nin", key: "none", value: ["x"] }, true],
    ["a key with quotes and dots", { type: "eq", key: 'a."b".c', value: "x" }, true],
    ["a part of such a key", { type: "eq", key: "a", value: "x" }, false],
    ["a key in another script", { type: "eq", key: "ключ", value: "y" }, true],
    ["a key that every object has", { type: "ne", key: "constructor", value: "x" }, true],
    ["a prototype", { type: "eq", key: "__proto__", value: "x" }, false],
  ])("with %s", (_, filter, expected) => {
    expect(matchesFilter(attributes, filter)).toBe(expected);
  });

  test("joins others by and and or to any depth", () => {
    const yes: SearchFilter = { type: "eq", key: "year", value: 2024 };
    const no: SearchFilter = { type: "eq", key: "year", value: 1 };
    expect(matchesFilter(attributes, { type: "and", filters: [yes, yes] })).toBe(true);
    expect(matchesFilter(attributes, { type: "and", filters: [yes, no] })).toBe(false);
    expect(matchesFilter(attributes, { type: "or", filters: [no, yes] })).toBe(true);
    expect(matchesFilter(attributes, { type: "or", filters: [no, no] })).toBe(false);
    const nested: SearchFilter = {
      type: "or",
      filters: [no, { type: "and", filters: [yes, { type: "or", filters: [no, yes] }] }],
    };
    expect(matchesFilter(attributes, nested)).toBe(true);
  });
});
