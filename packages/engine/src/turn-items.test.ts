import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import type { Outcome } from "./response-builder.ts";
import { say } from "./testing/engine-world.ts";
import { newBuilder, run } from "./testing/run-builder.ts";

const completed: Outcome = { status: "completed" };
const call = [say.call(0, "look"), say.args(0, "{}")];

/** The items of a response of these batches: type and text. */
function itemsOf(batches: readonly ModelDelta[][], outcome: Outcome = completed): string[] {
  return run(batches, outcome).builder.response.output.map((item) => {
    if (item.type !== "message" && item.type !== "reasoning") return item.type;
    const parts = item.content as readonly { text?: string; refusal?: string }[];
    return `${item.type} ${parts.map(({ text, refusal }) => text ?? refusal).join("|")}`;
  });
}

describe("white space alone", () => {
  test("directly before a call is no item, however it comes", () => {
    expect(itemsOf([[say.text("\n\n"), ...call]])).toEqual(["function_call"]);
    expect(itemsOf([[say.text("\n")], [say.text(" ")], call])).toEqual(["function_call"]);
    expect(itemsOf([[say.reasoning("Hm."), say.text("\n\n")], call])).toEqual([
      "reasoning Hm.",
      "function_call",
    ]);
  });

  test("between calls and behind them is none, either", () => {
    const next = [say.call(1, "look"), say.args(1, "{}")];
    expect(itemsOf([call, [say.text("\n")], next, [say.text("\n")]])).toEqual([
      "function_call",
      "function_call",
    ]);
  });

  test("of a turn that another follows is none", () => {
    const builder = newBuilder();
    builder.start();
    expect(builder.push([say.text("\n")])).toEqual([]);
    expect(builder.closeTurn()).toEqual([]);
    builder.push([say.text("Done.")]);
    builder.settle(completed, 0);
    expect(builder.response.output).toMatchObject([{ content: [{ text: "Done." }] }]);
  });

  test("is kept before words, a refusal or a citation, and as a whole answer", () => {
    expect(itemsOf([[say.text("\n")], [say.text("Hi"), ...call]])).toEqual(["message \nHi", "function_call"]);
    expect(itemsOf([call, [say.text("\n"), say.text("Hi")]])).toEqual(["function_call", "message \nHi"]);
    expect(itemsOf([[say.text("\n"), say.refusal("No.")]])).toEqual(["message \n|No."]);
    const file: ModelDelta = {
      kind: "annotation",
      annotation: { type: "file_citation", file_id: "file-1", filename: "a.txt", index: 0 },
    };
    expect(itemsOf([[say.text("\n"), file, ...call]])).toEqual(["message \n", "function_call"]);
    expect(itemsOf([[say.text(" ")]])).toEqual(["message  "]);
    expect(itemsOf([[say.text(" ")]], { status: "incomplete", reason: "max_output_tokens" })).toEqual([
      "message  ",
    ]);
  });

  test("before a thought is no item, and not part of one behind it", () => {
    const thoughts = [say.reasoning("a"), say.text("\n"), say.reasoning("b")];
    expect(itemsOf([thoughts, call])).toEqual(["reasoning ab", "function_call"]);
    expect(itemsOf([thoughts, [say.text("Hi")]])).toEqual(["reasoning ab", "message Hi"]);
    expect(itemsOf([thoughts, [say.text(" "), say.text("Hi")]])).toEqual(["reasoning ab", "message  Hi"]);
    expect(itemsOf([thoughts, [say.refusal("No.")]])).toEqual(["reasoning ab", "message No."]);
    expect(itemsOf([[say.text(" ".repeat(300)), say.reasoning("a"), say.text("Hi")]])).toEqual([
      "reasoning a",
      "message Hi",
    ]);
    expect(itemsOf([[say.text("Hi"), say.reasoning("a"), say.text("\n")]])).toEqual([
      "message Hi",
      "reasoning a",
    ]);
  });

  test("around thoughts is the answer where there is nothing else", () => {
    const thoughts = [say.reasoning("a"), say.text("\n"), say.reasoning("b")];
    expect(itemsOf([thoughts])).toEqual(["reasoning ab", "message \n"]);
    expect(itemsOf([[say.text("\n"), ...thoughts, say.text(" ")]])).toEqual(["reasoning ab", "message  "]);
  });

  test("keeps its log probabilities", () => {
    const logprob = (token: string) => ({ token, logprob: -1, bytes: [], top_logprobs: [] });
    const text = (value: string): ModelDelta => ({ kind: "text", text: value, logprobs: [logprob(value)] });
    const { builder } = run([[text("\n"), text("\t")], [text("Hi")]], completed);
    expect(builder.response.output).toMatchObject([
      { content: [{ text: "\n\tHi", logprobs: [{ token: "\n" }, { token: "\t" }, { token: "Hi" }] }] },
    ]);
  });

  test("without end is told while it comes", () => {
    const builder = newBuilder();
    builder.start();
    const told = Array.from({ length: 10 }, () => builder.push([say.text(" ".repeat(100))]).length);
    expect(told.slice(0, 2)).toEqual([0, 0]);
    expect(told.at(-1)).toBe(1);
    builder.settle(completed, 0);
    expect(builder.response.output).toMatchObject([{ content: [{ text: " ".repeat(1_000) }] }]);
  });
});

test("words are never held back, and none of a text without calls and thoughts is lost", () => {
  const piece = fc.stringMatching(/^[a \n]{1,4}$/);
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1 }), (pieces) => {
      const builder = newBuilder();
      builder.start();
      let written = "";
      let told = "";
      for (const text of pieces) {
        written += text;
        for (const event of builder.push([say.text(text)]))
          if (event.type === "response.output_text.delta") told += event.delta;
        if (written.trim() !== "") expect(told).toBe(written);
      }
      builder.settle(completed, 0);
      expect(builder.response.output).toMatchObject([{ content: [{ text: written }] }]);
    }),
  );
});
