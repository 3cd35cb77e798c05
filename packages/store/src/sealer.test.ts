import { randomBytes } from "node:crypto";
import { ApiError } from "@gateway/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSealer } from "./sealer.ts";

const key = randomBytes(32);
const sealer = createSealer(key);

function errorOf(run: () => unknown): ApiError {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error;
  }
  throw new Error("no ApiError was thrown");
}

describe("a sealer", () => {
  test("opens what it sealed, whatever the text, for the same context", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, context) => {
        expect(createSealer(key).open(sealer.seal(text, context), context)).toBe(text);
      }),
    );
  });

  test("gives another result each time, and none that has the text in it", () => {
    const sealed = [1, 2, 3].map(() => sealer.seal("Bearer secret", "c"));
    expect(new Set(sealed).size).toBe(3);
    for (const each of sealed) {
      expect(each).toMatch(/^v1\.[0-9a-f]{8}\.[A-Za-z0-9_-]+$/);
      expect(Buffer.from(each.split(".")[2] ?? "", "base64url").includes("secret")).toBe(false);
    }
  });

  test("says that the key has changed when another one sealed it, and what to do", () => {
    const sealed = createSealer(randomBytes(32)).seal("text", "c");
    const error = errorOf(() => sealer.open(sealed, "c"));
    expect(error).toMatchObject({ status: 500, code: "sealed_with_another_key" });
    expect(error.message).toMatch(/key has changed.*Register the connector again/);
  });

  test("does not open what belongs to another context", () => {
    expect(errorOf(() => sealer.open(sealer.seal("text", "a"), "b")).code).toBe("sealed_text_damaged");
  });

  test("does not open what was changed, at whichever place, or cut", () => {
    const sealed = sealer.seal("some text", "c");
    const damaged = [..."text".split(""), "", "v2.00000000.AAAA", sealed.slice(0, 20), `${sealed}AAAA`];
    for (let at = 0; at < sealed.length - 1; at++) {
      const other = sealed[at] === "0" ? "1" : "0";
      damaged.push(sealed.slice(0, at) + other + sealed.slice(at + 1));
    }
    for (const text of damaged) {
      expect(errorOf(() => sealer.open(text, "c")).code).toMatch(/^sealed_(text_damaged|with_another_key)$/);
    }
  });

  test("is not made of a key that is too short", () => {
    expect(() => createSealer(new Uint8Array(31))).toThrow(/at least 32 bytes/);
  });
});
