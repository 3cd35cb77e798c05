import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CustomInputReader, readCustomInput } from "./custom-input-reader.ts";

/** What the pieces of arguments give, piece by piece, and at the end. */
function read(pieces: readonly string[]): string[] {
  const reader = new CustomInputReader();
  return [...pieces.map((piece) => reader.push(piece)), reader.end()];
}

function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)), text.length].sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({
    unit: fc.constantFrom('"', "\\", "}", ",", "{", "\n", "😀", "u", "n", " ", "é"),
    maxLength: 20,
  }),
);
const places = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });

describe("the text of a custom call", () => {
  test("is what the JSON says, wherever it is cut", () => {
    fc.assert(
      fc.property(anyText, places, fc.boolean(), fc.boolean(), (text, at, spaced, escaped) => {
        const string = escaped
          ? `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("")}"`
          : JSON.stringify(text);
        const json = spaced ? ` { "input" : ${string} }\n` : `{"input":${string}}`;
        const pieces = read(cut(json, at));
        expect(pieces.join("")).toBe(text);
        for (const piece of pieces.slice(0, -1)) expect(piece).not.toMatch(/[\ud800-\udbff]$/);
      }),
      { numRuns: 2000 },
    );
  });

  test("is the same whatever cuts there are in anything at all", () => {
    fc.assert(
      fc.property(anyText, places, fc.constantFrom("", '{"input":"', '{"other":"'), (text, at, before) => {
        const whole = before + text;
        expect(read(cut(whole, at)).join("")).toBe(readCustomInput(whole));
      }),
      { numRuns: 2000 },
    );
  });

  test("comes while it is written", () => {
    expect(read(['{"in', 'put": "a', "b\\", "nc", '"', "}"])).toEqual(["", "a", "b", "\nc", "", "", ""]);
  });

  test.each([
    ["text as it is", "*** Begin Patch\n+x", "*** Begin Patch\n+x"],
    ["text in braces", "{ let x = 1 }", "{ let x = 1 }"],
    ["a JSON string", '"a\\nb"', "a\nb"],
    ["another key", '{"patch": "a\\nb"}', "a\nb"],
    ["further keys before", '{"why": "x", "input": "a"}', "a"],
    ["further keys behind", '{"input": "a", "why": "x"}', "a"],
    ["an object as input", '{"input": {"a": 1}}', '{"a":1}'],
    ["an object that is the text", '{"a": 1, "b": 2}', '{"a": 1, "b": 2}'],
    ["nothing", "", ""],
    ["an empty object", "{}", ""],
    ["line breaks that are not escaped", '{"input": "a\nb"}', "a\nb"],
    ["quotes that are not escaped", '{"input": "say "hi" now"}', 'say "hi" now'],
    ["a list of quotes that are not escaped", '{"input": "f("a", "b")"}', 'f("a", "b")'],
    ["a brace behind a quote", '{"input": "{"a"} b"}', '{"a"} b'],
    ["an escape that is none", '{"input": "\\d+\\u12"}', "\\d+\\u12"],
    ["an escape whose last digit is none", '{"input": "\\u00eg"}', "\\u00eg"],
    ["a brace that is all of the text", "{", "{"],
    ["text that goes no further than the usual opening", ' {\n"input" ', ' {\n"input" '],
    ["no end", '{"input": "abc', "abc"],
    ["an end in mid-escape", '{"input": "abc\\', "abc\\"],
  ])("is understood: %s", (_name, args, text) => {
    expect(readCustomInput(args)).toBe(text);
    expect(read([...args]).join("")).toBe(text);
  });

  test.each(["{", '{"inp', '{"input":'])(
    "is nothing where the limit has cut it off in its opening: %s",
    (args) => {
      const reader = new CustomInputReader();
      expect(reader.push(args) + reader.end({ cut: true })).toBe("");
    },
  );

  test("is complete when nothing can follow", () => {
    const reader = new CustomInputReader();
    reader.push('{"input": "a');
    expect(reader.complete).toBe(false);
    reader.push('"}');
    expect(reader.complete).toBe(true);
  });

  // Each of these takes minutes where the text so far is looked at again with each piece, or each place is tried anew.
  test.each([
    ["blanks before anything", Array.from({ length: 300_000 }, () => " "), ""],
    ["blanks within the opening", ["{", ...Array.from({ length: 300_000 }, () => " "), '"input": "a"}'], "a"],
    [
      "blanks behind what may be the end",
      [`{"input":"x"${" ".repeat(400_000)},`],
      `x"${" ".repeat(400_000)},`,
    ],
    [
      "blanks behind a second quote",
      [`{"input":"x", "${" ".repeat(400_000)},`],
      `x", "${" ".repeat(400_000)},`,
    ],
    [
      "blanks behind a quote that is none, again and again",
      Array.from({ length: 400 }, () => `"${" ".repeat(1000)}`),
      `"${" ".repeat(1000)}`.repeat(400),
    ],
  ])("looks at no character over and over: %s", (_name, pieces, text) => {
    expect(read(pieces).join("")).toBe(text);
  });

  test("is not read again for each question whether it is complete", () => {
    const reader = new CustomInputReader();
    reader.push('{"other": "');
    for (let piece = 0; piece < 40_000; piece++) {
      reader.push("nineteen letters}}}");
      expect(reader.complete).toBe(false);
    }
    reader.push('"');
    for (let piece = 0; piece < 1000; piece++) expect(reader.complete).toBe(false);
    reader.push("}");
    for (let piece = 0; piece < 10_000; piece++) expect(reader.complete).toBe(true);
  });

  test("of great length is read in time that grows with it", () => {
    const line = 'a "quoted" line }, \n';
    const long = line.repeat(20_000);
    expect(readCustomInput(JSON.stringify({ input: long }))).toBe(long);
    expect(readCustomInput(`{"input": "${long}`)).toContain("quoted");
  });
});
