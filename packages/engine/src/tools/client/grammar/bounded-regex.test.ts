import * as fc from "fast-check";
import { RE2JS } from "re2js";
import { describe, expect, test } from "vitest";
import { BoundedRegex } from "./bounded-regex.ts";
import { Effort, workAtOnce } from "./effort.ts";

function matchAt(source: string, text: string, at = 0, lazy = false): number {
  return workAtOnce((effort) => new BoundedRegex(source, lazy).matchAt(text, at, effort));
}

const atoms = fc.constantFrom(
  ..."a b+ [ab] [^a] . \\d \\W x? z* (a|bz) (?:0|1){1,2} (a*b?)* \\. é (?i:k) \\b \\B ^ $ (?m:^) (?m:$) (?s:.)".split(
    " ",
  ),
  ..."\\pL 😀 [😀-😂] a*? b+? (a|ab)(c|bcd)? \\z [[:alpha:]] (|a) \\n".split(" "),
);
const sources = fc
  .array(fc.array(atoms, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .map((options) => options.map((option) => option.join("")).join("|"));
const texts = fc.string({
  unit: fc.constantFrom(..."abcxz019+-. \né,😀kK", "\u212a", "\ud83d"),
  maxLength: 7,
});

describe("a bounded expression", () => {
  test("matches what the library says, whether the longest match counts or the first", () => {
    fc.assert(
      fc.property(sources, texts, fc.nat(3), fc.boolean(), (source, text, before, lazy) => {
        const at = Math.min(before, text.length);
        const matcher = RE2JS.compile(source, lazy ? 0 : RE2JS.LONGEST_MATCH).matcher(text.slice(at));
        const end = matcher.lookingAt() ? at + matcher.end() : -1;
        expect(matchAt(source, text, at, lazy)).toBe(end);
      }),
      { numRuns: 3000 },
    );
  });

  test("is followed in steps that grow with the text, and pauses", async () => {
    let looks = 0;
    const effort = new Effort({ now: () => looks++ });
    const matching = new BoundedRegex("(a|b)*a(a|b){300}c").matchAt("ab".repeat(5_000), 0, effort);
    expect(await effort.workThrough(matching)).toBe(-1);
    expect(effort.steps).toBeGreaterThan(1_000_000);
    expect(effort.steps).toBeLessThan(10_000 * 1500);
    // At each look a millisecond has gone by, and nobody works longer than ten.
    expect(looks).toBeGreaterThan(effort.steps / 10_000);
  });

  test("may be matched at several places at a time", () => {
    const regex = new BoundedRegex("[a-z]*");
    const effort = new Effort({ now: () => Number.MAX_SAFE_INTEGER });
    const [first, second] = ["a".repeat(20_000), "b".repeat(10_000)].map((text) =>
      regex.matchAt(text, 0, effort),
    );
    expect(first?.next().done).toBe(false);
    expect(second?.next().done).toBe(false);
    const ends = [first, second].map((matching) => {
      for (;;) {
        const step = matching?.next();
        if (step?.done !== false) return step?.value;
      }
    });
    expect(ends).toEqual([20_000, 10_000]);
  });
});
