import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSealer } from "./sealer.ts";

const key = randomBytes(32);
const sealer = createSealer(key);

describe("a sealer", () => {
  test("opens what it sealed, whatever the text, for the same context", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string(), (text, context) => {
        expect(createSealer(key).open(sealer.seal(text, context), context)).toEqual({ text });
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

  test("says that another key sealed it", () => {
    const sealed = createSealer(randomBytes(32)).seal("text", "c");
    expect(sealer.open(sealed, "c")).toEqual({ fault: "another_key" });
  });

  test("does not open what belongs to another context", () => {
    expect(sealer.open(sealer.seal("text", "a"), "b")).toEqual({ fault: "damaged" });
  });

  test("does not open what was changed, at whichever place, or cut", () => {
    const sealed = sealer.seal("some text", "c");
    const damaged = [..."text".split(""), "", "v2.00000000.AAAA", sealed.slice(0, 20), `${sealed}AAAA`];
    for (let at = 0; at < sealed.length - 1; at++) {
      const other = sealed[at] === "0" ? "1" : "0";
      damaged.push(sealed.slice(0, at) + other + sealed.slice(at + 1));
    }
    for (const text of damaged) {
      expect(sealer.open(text, "c")).toHaveProperty("fault");
    }
  });

  test("is not made of a key that is too short", () => {
    expect(() => createSealer(new Uint8Array(31))).toThrow(/at least 32 bytes/);
    expect(() => createSealer(key, new Uint8Array(31))).toThrow(/at least 32 bytes/);
  });
});

describe("a sealer whose key was replaced", () => {
  const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const keys = fc.uniqueArray(bytes, { minLength: 2, maxLength: 6, selector: (all) => all.join() });

  test("opens what any of its keys sealed, and seals under the first alone", () => {
    fc.assert(
      fc.property(keys, fc.string(), (all, text) => {
        const [current, before, ...older] = all as [Uint8Array, Uint8Array, ...Uint8Array[]];
        const rotated = createSealer(current, before, ...older);
        for (const each of all) {
          expect(rotated.open(createSealer(each).seal(text, "c"), "c")).toEqual({ text });
        }
        const sealed = rotated.seal(text, "c");
        expect(createSealer(current).open(sealed, "c")).toEqual({ text });
        expect(createSealer(before, ...older).open(sealed, "c")).toEqual({ fault: "another_key" });
      }),
      { numRuns: 50 },
    );
  });

  test("opens nothing more when the same key is there twice, and nothing less", () => {
    const twice = createSealer(key, key);
    const sealed = twice.seal("text", "c");
    expect(twice.open(sealed, "c")).toEqual({ text: "text" });
    expect(twice.open(sealed, "d")).toEqual({ fault: "damaged" });
  });

  test("tells a text that was changed from one of a key that is gone", () => {
    const [old, other] = [randomBytes(32), randomBytes(32)];
    const sealed = createSealer(old).seal("some text", "c");
    const half = sealed.slice(0, sealed.length / 2);
    expect(createSealer(key, old).open(half, "c")).toEqual({ fault: "damaged" });
    expect(createSealer(key, other).open(half, "c")).toEqual({ fault: "another_key" });
  });

  test("still opens what the first version of this format sealed", () => {
    const zeros = new Uint8Array(32);
    const sealed = "v1.7ee2fa6f.1fp-ErsodQtRy4YQXfG0KTkZQJK1vrRWWQDPRnbRJQNwZvylgCRU8EY4N9DWcw";
    expect(createSealer(key, zeros).open(sealed, "context")).toEqual({ text: "a text of long ago" });
  });
});
