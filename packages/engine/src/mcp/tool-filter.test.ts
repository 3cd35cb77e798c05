import type { McpListedTool, McpTool } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { allowedOf, needsApproval } from "./tool-filter.ts";

const listed = (name: string, read_only = false): McpListedTool => ({
  name,
  input_schema: {},
  annotations: { read_only },
});
const tools = [listed("read", true), listed("write"), listed("silent")];
const declared = (fields: Partial<McpTool>): McpTool => ({
  type: "mcp",
  server_label: "docs",
  server_url: "https://docs.example.com/mcp",
  ...fields,
});

describe("the tools that a declaration allows", () => {
  test.for([
    [undefined, ["read", "write", "silent"]],
    [null, ["read", "write", "silent"]],
    [[], []],
    [["write"], ["write"]],
    [
      ["write", "missing", "read"],
      ["read", "write"],
    ],
    [{}, ["read", "write", "silent"]],
    [{ tool_names: ["silent"] }, ["silent"]],
    [{ read_only: true }, ["read"]],
    [{ read_only: false }, ["write", "silent"]],
    [{ tool_names: ["read", "silent"], read_only: true }, ["read"]],
  ] as const)("by %j are %j", ([allowed_tools, names]) => {
    const found = allowedOf(declared({ allowed_tools } as Partial<McpTool>), tools);
    expect(found.map(({ name }) => name)).toEqual(names);
  });
});

describe("the tools whose calls need approval", () => {
  test.for([
    [undefined, ["read", "write", "silent"]],
    [null, ["read", "write", "silent"]],
    ["always", ["read", "write", "silent"]],
    ["never", []],
    [{}, ["read", "write", "silent"]],
    [{ never: {} }, ["read", "write", "silent"]],
    [{ never: { tool_names: ["write"] } }, ["read", "silent"]],
    [{ never: { read_only: true } }, ["write", "silent"]],
    [{ never: { read_only: true }, always: { tool_names: ["read"] } }, ["read", "write", "silent"]],
    [{ never: { tool_names: ["read", "write"] }, always: { read_only: false } }, ["write", "silent"]],
    [{ always: { tool_names: ["write"] } }, ["read", "write", "silent"]],
  ] as const)("by %j are %j", ([require_approval, names]) => {
    const rule = declared({ require_approval } as Partial<McpTool>);
    expect(tools.filter((tool) => needsApproval(rule, tool)).map(({ name }) => name)).toEqual(names);
  });
});
