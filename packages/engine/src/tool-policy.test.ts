import type { Tool, ToolChoice } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { mustCall, renderReminder, toToolPolicy } from "./tool-policy.ts";

const tools: Tool[] = [
  { type: "function", name: "a" },
  { type: "web_search" },
  { type: "function", name: "b" },
];
const onlyHosted: Tool[] = [{ type: "web_search" }];
const allow = (mode: "auto" | "required", ...names: string[]): ToolChoice => ({
  type: "allowed_tools",
  mode,
  tools: names.map((name) => ({ type: "function", name })),
});

describe("tool_choice decides what is offered and what is compulsory", () => {
  test.each<[string, Tool[], ToolChoice, string[], unknown, boolean]>([
    ["auto offers every function", tools, "auto", ["a", "b"], "auto", false],
    ["required offers every function and wants one", tools, "required", ["a", "b"], "required", true],
    ["none offers nothing", tools, "none", [], "none", false],
    ["auto without tools is none", [], "auto", [], "none", false],
    ["auto with hosted tools only is none", onlyHosted, "auto", [], "none", false],
    ["a named function is the only one", tools, { type: "function", name: "b" }, ["b"], { name: "b" }, true],
    ["allowed tools are a subset", tools, allow("auto", "b"), ["b"], "auto", false],
    ["allowed tools keep the order of the tools", tools, allow("auto", "b", "a"), ["a", "b"], "auto", false],
    ["one of the allowed tools may be required", tools, allow("required", "a"), ["a"], "required", true],
    [
      "allowed tools that are all hosted leave none",
      tools,
      { type: "allowed_tools", mode: "auto", tools: [{ type: "web_search" }] },
      [],
      "none",
      false,
    ],
  ])("%s", (_name, declared, choice, offered, turnChoice, compulsory) => {
    const policy = toToolPolicy(declared, choice, true);
    expect(policy.tools.map(({ name }) => name)).toEqual(offered);
    expect(policy.choice).toEqual(turnChoice);
    expect(mustCall(policy)).toBe(compulsory);
    expect(policy.parallel).toBe(true);
  });

  test("parallel calls are on or off with every choice", () => {
    const choices: ToolChoice[] = [
      "auto",
      "none",
      "required",
      { type: "function", name: "a" },
      allow("auto", "a"),
    ];
    for (const choice of choices) {
      expect(toToolPolicy(tools, choice, false).parallel, JSON.stringify(choice)).toBe(false);
    }
  });
});

describe("a reminder", () => {
  test("names the one tool", () => {
    const reminder = renderReminder(toToolPolicy(tools, { type: "function", name: "b" }, true));
    expect(reminder).toContain('"b"');
    expect(reminder).not.toContain('"a"');
  });

  test("names all tools there are to choose from", () => {
    expect(renderReminder(toToolPolicy(tools, "required", true))).toContain('"a", "b"');
    expect(renderReminder(toToolPolicy(tools, allow("required", "b"), true))).not.toContain('"a"');
  });
});
