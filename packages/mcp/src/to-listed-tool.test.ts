import { SentKeys } from "@gateway/web-guard";
import { describe, expect, test } from "vitest";
import { toListedTool } from "./to-listed-tool.ts";

const inputSchema = { type: "object" as const };
const keys = new SentKeys({ url: "https://docs.example.com/mcp?key=hunter2-query", headers: {} });

describe("a tool as the API tells it", () => {
  test.for([
    [undefined, false],
    [{}, false],
    [{ readOnlyHint: false }, false],
    [{ readOnlyHint: true, title: "Reads", openWorldHint: true }, true],
  ] as const)("with the annotations %j only reads: %s", ([annotations, read_only]) => {
    const listed = toListedTool({ name: "find", inputSchema, ...(annotations && { annotations }) }, keys);
    expect(listed).toEqual({ name: "find", input_schema: inputSchema, annotations: { read_only } });
  });

  test.for<[object, string | undefined]>([
    [{ description: "Finds.", title: "Finder" }, "Finds."],
    [{ title: "Finder" }, "Finder"],
    [{}, undefined],
  ])("says what it is for, where its server says it: %j", ([about, description]) => {
    const listed = toListedTool({ name: "find", inputSchema, ...about }, keys);
    expect("description" in listed).toBe(description !== undefined);
    expect(listed.description).toBe(description);
  });

  test("does not repeat what its server was sent", () => {
    const about = { description: "Use hunter2-query.", annotations: { readOnlyHint: true } };
    expect(toListedTool({ name: "find", inputSchema, ...about }, keys)).toEqual({
      name: "find",
      description: "Use [removed].",
      input_schema: inputSchema,
      annotations: { read_only: true },
    });
  });
});
