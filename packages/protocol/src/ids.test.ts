import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { itemIdOf, itemPrefix, newId, responseIdOfItem } from "./ids.ts";

/** Waits, by looking at the clock, until the next millisecond has begun. */
function nextMillisecond(): void {
  const now = Date.now();
  while (Date.now() === now);
}

describe("a fresh id", () => {
  test("has its prefix and 32 hex digits", () => {
    expect(newId("resp")).toMatch(/^resp_[0-9a-f]{32}$/);
    expect(newId("conv")).toMatch(/^conv_[0-9a-f]{32}$/);
  });

  test("is another each time", () => {
    const ids = Array.from({ length: 10_000 }, () => newId("msg"));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("sorts after one from an earlier millisecond", () => {
    const ids: string[] = [];
    for (let turn = 0; turn < 10; turn++) {
      ids.push(newId("resp"));
      nextMillisecond();
    }
    expect(ids.toSorted()).toEqual(ids);
  });
});

describe("the id of a response's item", () => {
  const ordinals = fc.integer({ min: 0, max: 0xffff });

  test("names its response", () => {
    fc.assert(
      fc.property(ordinals, fc.constantFrom("msg", "rs", "fc", "fco", "item"), (ordinal, prefix) => {
        const responseId = newId("resp");
        const id = itemIdOf(responseId, prefix, ordinal);
        expect(id).toMatch(new RegExp(`^${prefix}_[0-9a-f]{36}$`));
        expect(responseIdOfItem(id)).toBe(responseId);
      }),
    );
  });

  test("differs for every place", () => {
    const responseId = newId("resp");
    fc.assert(
      fc.property(ordinals, ordinals, (a, b) => {
        expect(itemIdOf(responseId, "msg", a) === itemIdOf(responseId, "msg", b)).toBe(a === b);
      }),
    );
  });

  test.each([
    "",
    "msg_1",
    "resp_x",
    newId("resp"),
    newId("msg"),
    `${newId("msg")}00000`,
    `MSG_${"0".repeat(36)}`,
    `msg_${"g".repeat(36)}`,
    ` msg_${"0".repeat(36)}`,
    `msg_${"0".repeat(36)}\n`,
  ])("is not seen in %j", (id) => {
    expect(responseIdOfItem(id)).toBeUndefined();
  });
});

test.each([
  ["message", "msg"],
  ["reasoning", "rs"],
  ["function_call", "fc"],
  ["function_call_output", "fco"],
  ["web_search_call", "ws"],
  ["anything", "item"],
])("an item of type %s has the prefix %s", (type, prefix) => {
  expect(itemPrefix(type)).toBe(prefix);
});
