import { describe, expect, test } from "vitest";
import { parseCreateRequest } from "./parse-create-request.ts";

const f = { type: "function", name: "f", description: "first" };
const again = { ...f, description: "second" };
const space = (...tools: object[]) => ({ type: "namespace", name: "n", description: "x", tools });

function ignoredIn(tools: object[], input: unknown = "hi"): string[] {
  return parseCreateRequest({ model: "m", input, tools }, false).ignored;
}

describe("a tool that a later one of its list replaces is named", () => {
  test.each<[what: string, tools: object[], names: string[]]>([
    ["a function", [f, { type: "custom", name: "g" }, again], ["tools[0].name=f"]],
    ["each of several", [f, again, { ...f, strict: true }], ["tools[0].name=f", "tools[1].name=f"]],
    ["one of a namespace", [space(f, again)], ["tools[0].tools[0].name=f"]],
    ["one of two namespaces of one name", [space(f), space(again)], ["tools[0].tools[0].name=f"]],
    [
      "a search for tools",
      [{ type: "tool_search" }, { type: "tool_search", description: "x" }],
      ["tools[0].type=tool_search"],
    ],
  ])("%s", (_what, tools, names) => {
    expect(ignoredIn(tools)).toEqual(names);
    expect(() => parseCreateRequest({ model: "m", input: "hi", tools }, true)).toThrow(
      expect.objectContaining({ code: "unsupported_value", param: names[0]?.replace(/=.*/, "") }),
    );
  });

  test.each<[what: string, tools: object[]]>([
    ["that says the same", [f, { ...f }]],
    ["of another type", [f, { type: "custom", name: "f" }]],
    ["of another namespace", [f, space(f)]],
    ["that runs elsewhere", [{ type: "tool_search" }, { type: "tool_search", execution: "client" }]],
  ])("but not for one %s", (_what, tools) => {
    expect(ignoredIn(tools)).toEqual([]);
  });

  test("but not where the conversation declares it again", () => {
    const later = { type: "additional_tools", role: "developer", tools: [again] };
    expect(ignoredIn([f], [later, { ...later }])).toEqual([]);
  });
});

test("a namespace without tools is named", () => {
  expect(ignoredIn([f, space()])).toEqual(["tools[1].tools"]);
});
