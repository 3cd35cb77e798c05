import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hashOfBody, parseIdempotencyKey } from "./idempotency-key.ts";

describe("an idempotency key", () => {
  test.for(["k", "8e03978e-40d5-43dd-bc93-6894a57f9324", '"quoted"', "!~", "x".repeat(255)])("%s", (key) => {
    expect(parseIdempotencyKey(key)).toBe(key);
  });

  test("may be left out", () => {
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  test.for(["", "x".repeat(256), "a b", "a, b", "a\tb", "a\u007f", "\u00e4"])("is not %j", (header) => {
    expect(() => parseIdempotencyKey(header)).toThrow(
      expect.objectContaining({
        ...{ status: 422, code: "invalid_idempotency_key", param: null },
        message: expect.stringContaining("Idempotency-Key"),
      }),
    );
  });
});

describe("the hash of a body", () => {
  const hashOfText = (json: string) => hashOfBody(JSON.parse(json));

  test("does not depend on how the body is written", () => {
    expect(hashOfText('{"model":"m","input":[{"a":1,"b":[2.0]}]}')).toBe(
      hashOfText('{ "input": [ { "b": [ 2 ], "a": 1e0 } ],\n "\\u006dodel": "m" }'),
    );
    expect(hashOfText('{"__proto__":{"b":1,"a":2}}')).toBe(hashOfText('{"__proto__":{"a":2,"b":1}}'));
  });

  test.for([
    ['{"a":[1,2]}', '{"a":[2,1]}'],
    ['{"a":1}', '{"a":"1"}'],
    ['{"a":null}', "{}"],
    ['{"a":{"b":1}}', '{"a":{},"b":1}'],
    ['{"__proto__":1}', "{}"],
    ['{"a":""}', '{"a":" "}'],
  ] as const)("tells %s from %s", ([one, other]) => {
    expect(hashOfText(one)).not.toBe(hashOfText(other));
  });

  test("is equal for equal values and for no others", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        const shuffled = JSON.parse(JSON.stringify(one), (_key, value: unknown) =>
          typeof value !== "object" || value === null || Array.isArray(value)
            ? value
            : Object.fromEntries(Object.entries(value).reverse()),
        );
        expect(hashOfBody(shuffled)).toBe(hashOfBody(one));
        const same = fc.stringify(normalize(one)) === fc.stringify(normalize(other));
        expect(hashOfBody(one) === hashOfBody(other)).toBe(same);
      }),
    );
  });
});

/** The value as a list of paths and ends, in order: another way to compare than the one that is tested. */
function normalize(value: unknown, path: string[] = []): string[] {
  if (typeof value !== "object" || value === null) return [JSON.stringify([...path, [typeof value, value]])];
  const kind = Array.isArray(value) ? "array" : "object";
  return [
    JSON.stringify([...path, kind]),
    ...Object.entries(value).flatMap(([key, each]) => normalize(each, [...path, kind, key])),
  ].sort();
}
