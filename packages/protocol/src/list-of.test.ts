import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createRequest } from "./create-request.ts";
import { listOf } from "./list-of.ts";
import { validate } from "./validate.ts";

/** A text, and how many values were held against it. */
function countedText() {
  const seen = { values: 0 };
  const schema = z.preprocess((value) => {
    seen.values++;
    return value;
  }, z.string());
  return { seen, schema };
}

describe("listOf", () => {
  test("gives back what the schema makes of each element, in order", () => {
    expect(listOf(z.string().transform(Number)).parse(["1", "2"])).toEqual([1, 2]);
    expect(listOf(z.string()).parse([])).toEqual([]);
  });

  test("looks no further than the first element that is wrong", () => {
    const { seen, schema } = countedText();
    const result = listOf(schema).safeParse(["a", ...Array(1_000).fill(5)]);
    expect(seen.values).toBe(2);
    expect(result.error?.issues).toMatchObject([{ code: "invalid_type", path: [1] }]);
  });

  test("stops at faults that leave the value usable, too", () => {
    const result = listOf(z.object({ id: z.string().min(1).regex(/x/) })).safeParse([{ id: "" }, { id: "" }]);
    expect(result.error?.issues.every(({ path }) => path[0] === 0)).toBe(true);
  });

  test("looks at no element of a list that is too long", () => {
    const { seen, schema } = countedText();
    const result = listOf(schema, { max: 2 }).safeParse(["a", "b", "c"]);
    expect(seen.values).toBe(0);
    expect(result.error?.issues).toMatchObject([{ code: "too_big", maximum: 2, origin: "array", path: [] }]);
  });

  test("completes the path of a fault through lists within lists", () => {
    const schema = z.object({ a: listOf(z.union([z.string(), listOf(z.object({ b: z.number() }))])) });
    expect(() => validate(schema, { a: ["x", [{ b: 1 }, { b: "y" }]] })).toThrow(
      expect.objectContaining({ param: "a[1][1].b", code: "invalid_type" }),
    );
  });
});

describe("a create request full of faults", () => {
  const many = 5_000;
  /** Every issue of a failed parse, those inside failed unions included. */
  function countIssues(issues: readonly z.core.$ZodIssue[]): number {
    let count = issues.length;
    for (const issue of issues) {
      if (issue.code === "invalid_union") for (const branch of issue.errors) count += countIssues(branch);
    }
    return count;
  }

  test.for([
    ["items", { input: Array(many).fill(1) }],
    ["items without a type", { input: Array(many).fill({}) }],
    ["parts", { input: [{ role: "user", content: Array(many).fill(1) }] }],
    [
      "parts of outputs",
      { input: [{ type: "function_call_output", call_id: "c", output: Array(many).fill(1) }] },
    ],
    ["thoughts", { input: [{ type: "reasoning", summary: Array(many).fill(1) }] }],
    ["tools", { tools: Array(many).fill({ type: "function", name: "é" }) }],
    ["includes", { include: Array(many).fill("x") }],
    ["allowed tools", { tool_choice: { type: "allowed_tools", mode: "auto", tools: Array(many).fill(1) } }],
    [
      "metadata",
      { metadata: Object.fromEntries(Array.from({ length: many }, (_, key) => [`k${key}`, key])) },
    ],
  ])("%s is refused for a handful of them", ([, fields]) => {
    const result = createRequest.safeParse({ model: "m", input: "hi", ...(fields as object) });
    expect(result.success).toBe(false);
    expect(countIssues(result.error?.issues ?? [])).toBeLessThan(20);
  });

  test("says of metadata that is a long text that it is no object", () => {
    expect(() => validate(createRequest, { model: "m", metadata: "x".repeat(50) })).toThrow(
      expect.objectContaining({ param: "metadata", code: "invalid_type" }),
    );
  });
});
