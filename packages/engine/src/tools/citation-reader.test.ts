import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { CitationReader } from "./citation-reader.ts";
import { Sources } from "./sources.ts";

/** Three passages that can be cited. */
function threeSources(): Sources {
  const sources = new Sources();
  const results = ["a", "b", "c"].map((name) => ({
    file_id: `file-${name}`,
    filename: `${name}.md`,
    score: 1,
    text: "",
  }));
  sources.show(
    [{ type: "file_search_call", id: "fs_1", status: "completed", queries: ["q"], results }],
    () => undefined,
  );
  return sources;
}

/** The text that is left, with `<file>` where an annotation stands. */
function read(tokens: readonly string[], sources = threeSources()): string {
  const reader = new CitationReader(sources);
  const passed = tokens.flatMap((text) => reader.pass([{ kind: "text", text }]));
  return render([...passed, ...reader.end()]);
}

function render(deltas: readonly ModelDelta[]): string {
  return deltas
    .map((delta) => {
      if (delta.kind === "text") return delta.text;
      return delta.kind === "annotation"
        ? `<${String(delta.annotation.file_id).slice(5)}>`
        : `(${delta.kind})`;
    })
    .join("");
}

describe("marks in a model's text", () => {
  test.each([
    ["It is so 【1】.", "It is so<a>."],
    ["【2】 First", "<b> First"],
    ["Both【1】【3】", "Both<a><c>"],
    ["Both 【1】 【3】", "Both<a><c>"],
    ["Both 【1, 3】!", "Both<a><c>!"],
    ["As hosted 【2:0†b.md】", "As hosted<b>"],
    ["Named 【1†source】", "Named<a>"],
    ["Twice 【1,1】", "Twice<a>"],
    ["Unknown 【9】 is left out", "Unknown is left out"],
    ["Unknown【12】【1】", "Unknown<a>"],
    ["A number 【2026】 stays", "A number 【2026】 stays"],
    ["Another form 【9†source】 stays", "Another form 【9†source】 stays"],
    ["Partly 【1, 9】 stays", "Partly 【1, 9】 stays"],
    ["A title 【注意】 stays 【1】", "A title 【注意】 stays<a>"],
    ["Never closed 【1", "Never closed 【1"],
    ["Nested 【【1】", "Nested 【<a>"],
    ["array[1] and [2]", "array[1] and [2]"],
    ["ends in space ", "ends in space "],
    [`Long 【1†${"x".repeat(100)}】`, `Long 【1†${"x".repeat(100)}】`],
  ])("%j becomes %j, however it is cut", (text, expected) => {
    expect(read([text])).toBe(expected);
    expect(read([...text])).toBe(expected);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length }), { maxLength: 6 }), (places) => {
        const cuts = [0, ...places.toSorted((a, b) => a - b), text.length];
        const tokens = cuts.slice(1).map((end, index) => text.slice(cuts[index], end));
        expect(read(tokens)).toBe(expected);
      }),
    );
  });

  test("are held back only while they may still become one", () => {
    const reader = new CitationReader(threeSources());
    expect(render(reader.pass([{ kind: "text", text: "Cats sleep" }]))).toBe("Cats sleep");
    expect(render(reader.pass([{ kind: "text", text: " 【" }]))).toBe("");
    expect(render(reader.pass([{ kind: "text", text: "1" }]))).toBe("");
    expect(render(reader.pass([{ kind: "text", text: "】 a lot" }]))).toBe("<a> a lot");
  });

  test("are looked for once, however many brackets there are", () => {
    const reader = new CitationReader(threeSources());
    const text = `${"【".repeat(300_000)}1】`;
    expect(render([...reader.pass([{ kind: "text", text }]), ...reader.end()])).toBe(
      `${"【".repeat(299_999)}<a>`,
    );
  });

  test("do not swallow what comes between", () => {
    const reader = new CitationReader(threeSources());
    const call: ModelDelta = { kind: "call", key: 0, callId: "c", name: "f" };
    expect(render(reader.pass([{ kind: "text", text: "x 【1" }, call]))).toBe("x 【1(call)");
  });

  test("keep every log probability", () => {
    const reader = new CitationReader(threeSources());
    const of = (token: string) => [{ token, logprob: -1, bytes: [], top_logprobs: [] }];
    const passed = ["Cats", " 【", "1】", " sleep"].flatMap((text) =>
      reader.pass([{ kind: "text", text, logprobs: of(text) }]),
    );
    const tokens = passed.flatMap((delta) => (delta.kind === "text" ? (delta.logprobs ?? []) : []));
    expect(tokens.map(({ token }) => token)).toEqual(["Cats", " 【", "1】", " sleep"]);
  });

  test("mean nothing where the model was shown nothing", () => {
    expect(read(["See 【1】 ", "there"], new Sources())).toBe("See 【1】 there");
  });

  test("are left out where what they name is gone", () => {
    const sources = new Sources();
    sources.show(
      [{ type: "file_search_call", id: "fs_1", status: "completed", queries: ["q"] }],
      () => undefined,
    );
    expect(read(["See 【", "1", "】, there【2】."], sources)).toBe("See, there.");
  });
});
