import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readLength, readNumber, readText } from "./read-count.ts";

/** Values that an answer may have beside what is looked for. */
const others = fc.dictionary(fc.constantFrom("a", "b", 'c"', "tokens_strs", "prompts"), fc.jsonValue());

describe("what is looked for in an answer is found", () => {
  test("as JSON has it, whatever stands before and behind it", () => {
    const fields = {
      count: fc.integer({ min: 1 }),
      tokens: fc.array(fc.nat(), { minLength: 1 }),
      prompt: fc.string(),
    };
    fc.assert(
      fc.property(
        others,
        fc.record(fields),
        others,
        fc.constantFrom(0, 2),
        (before, answer, after, indent) => {
          const keys = ["count", "tokens", "prompt"];
          fc.pre(!keys.some((key) => JSON.stringify([before, after]).includes(`"${key}":`)));
          const json = JSON.stringify({ before, ...answer, after }, null, indent);
          expect(readNumber(json, "count")).toBe(answer.count);
          expect(readLength(json, "tokens")).toBe(answer.tokens.length);
          expect(readText(json, "prompt")).toBe(answer.prompt);
        },
      ),
    );
  });

  test("behind a text that looks like it", () => {
    const json = JSON.stringify({ text: '"count": 3, "tokens": [1], "prompt": "x"', count: 7 });
    expect(readNumber(json, "count")).toBe(7);
    expect(readLength(json, "tokens")).toBeUndefined();
    expect(readText(json, "prompt")).toBeUndefined();
  });

  test("in a text that is cut off behind it", () => {
    expect(readNumber('{"count":5,"tokens":[1,2', "count")).toBe(5);
    expect(readText('{"prompt":"a\\n\\"b","x', "prompt")).toBe('a\n"b');
  });
});

describe("what is none is not taken for one", () => {
  test.each(["0", "-1", "1.5", "1e3", '"5"', "null", "[5]", "12345678901234567", "5x", ""])(
    "a number: %s",
    (value) => {
      expect(readNumber(`{"count":${value}}`, "count")).toBeUndefined();
    },
  );

  test("a number that is cut off", () => {
    expect(readNumber('{"count":12', "count")).toBeUndefined();
  });

  test.each(["[]", "[1,[2]]", '["a"]', "{}", "3", "[1,2"])("a list of numbers: %s", (value) => {
    expect(readLength(`{"tokens":${value}`, "tokens")).toBeUndefined();
  });

  test.each(["5", "null", '"cut', '"\\x"', '["a"]'])("a text: %s", (value) => {
    expect(readText(`{"prompt":${value}}`, "prompt")).toBeUndefined();
  });
});
