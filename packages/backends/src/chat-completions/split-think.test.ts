import fc from "fast-check";
import { expect, test } from "vitest";
import { type ThinkPart, ThinkSplitter } from "./split-think.ts";

/** All that a splitter makes of the pieces: thoughts and text, each joined. */
function split(pieces: readonly string[]): { reasoning: string; text: string } {
  const splitter = new ThinkSplitter();
  const parts: ThinkPart[] = [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.flush()];
  const join = (kind: string) =>
    parts
      .filter((part) => part.kind === kind)
      .map(({ text }) => text)
      .join("");
  return { reasoning: join("reasoning"), text: join("text") };
}

test.each([
  ["<think>why</think>because", "why", "because"],
  ["\n<think>\nwhy\n</think>\n\nbecause\n", "why", "because\n"],
  ["<think>\n\n</think>\n\nHi", "", "Hi"],
  ["<think>a < b </thin </think>c", "a < b </thin", "c"],
  ["<think>never closed", "never closed", ""],
  ["plain <think>x</think>", "", "plain <think>x</think>"],
  ["<thinking>x", "", "<thinking>x"],
  ["<thi", "", "<thi"],
  ["  text", "", "  text"],
  ["<think>one</think>two<think>three</think>", "one", "two<think>three</think>"],
])("%j is split into thought %j and text %j", (answer, reasoning, text) => {
  expect(split([answer])).toEqual({ reasoning, text });
});

test("text is given out as soon as it is certain", () => {
  const splitter = new ThinkSplitter();
  expect(splitter.push("<th")).toEqual([]);
  expect(splitter.push("ink>Let me see")).toEqual([{ kind: "reasoning", text: "Let me see" }]);
  expect(splitter.push(" it </th")).toEqual([{ kind: "reasoning", text: " it" }]);
  expect(splitter.push("ink>")).toEqual([]);
  expect(splitter.push("\n")).toEqual([]);
  expect(splitter.passed).toBe(false);
  expect(splitter.push("\nDone")).toEqual([{ kind: "text", text: "Done" }]);
  expect(splitter.passed).toBe(true);
});

test("any cut of the answer gives the same parts", () => {
  const piece = fc.constantFrom(
    "<think>",
    "</think>",
    "<",
    "</",
    "think>",
    " ",
    "\n",
    "a",
    "word",
    "<think",
    "</thin",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(80), { maxLength: 8 }), (words, cuts) => {
      const answer = words.join("");
      const places = [
        ...new Set([0, ...cuts.map((cut) => Math.min(cut, answer.length)), answer.length]),
      ].sort((a, b) => a - b);
      const pieces = places.slice(1).map((place, index) => answer.slice(places[index], place));
      expect(split(pieces)).toEqual(split([answer]));
    }),
    { numRuns: 1_000 },
  );
});

test("white space without end is not held back without end", () => {
  const splitter = new ThinkSplitter();
  const blank = " ".repeat(200);
  expect(splitter.push(blank)).toEqual([]);
  expect(splitter.push(blank)).toEqual([{ kind: "text", text: blank + blank }]);
  expect(splitter.passed).toBe(true);

  const thinking = new ThinkSplitter();
  expect(thinking.push(`<think>a${blank}`)).toEqual([{ kind: "reasoning", text: "a" }]);
  expect(thinking.push(blank)).toEqual([{ kind: "reasoning", text: blank + blank }]);
  expect(thinking.push("</think>b")).toEqual([{ kind: "text", text: "b" }]);
});
