import type { Tool, ToolChoice } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { offerOf } from "./testing/offer-of.ts";
import { mustCall, renderReminder, toFollowingPolicy, toToolPolicy } from "./tool-policy.ts";

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
    const policy = toToolPolicy(offerOf(declared), choice, true);
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
      expect(toToolPolicy(offerOf(tools), choice, false).parallel, JSON.stringify(choice)).toBe(false);
    }
  });
});

describe("a reminder", () => {
  test("names the one tool", () => {
    const reminder = renderReminder(toToolPolicy(offerOf(tools), { type: "function", name: "b" }, true));
    expect(reminder).toContain('"b"');
    expect(reminder).not.toContain('"a"');
  });

  test("names all tools there are to choose from", () => {
    expect(renderReminder(toToolPolicy(offerOf(tools), "required", true))).toContain('"a", "b"');
    expect(renderReminder(toToolPolicy(offerOf(tools), allow("required", "b"), true))).not.toContain('"a"');
  });
});

describe("tools that run here", () => {
  const offer = offerOf(tools, "search");

  test("are offered behind the caller's functions", () => {
    expect(toToolPolicy(offer, "auto", true).tools.map(({ name }) => name)).toEqual(["a", "b", "search"]);
    expect(toToolPolicy(offerOf([], "search"), "auto", true).choice).toBe("auto");
  });

  test("are chosen by their type, whatever the model knows them as", () => {
    const policy = toToolPolicy(offer, { type: "file_search" }, true);
    expect(policy).toMatchObject({ choice: { name: "search" }, tools: [{ name: "search" }] });
    const two = toToolPolicy(offerOf(tools, "one", "two"), { type: "file_search" }, true);
    expect(two).toMatchObject({ choice: "required", tools: [{ name: "one" }, { name: "two" }] });
    const some: ToolChoice = { type: "allowed_tools", mode: "auto", tools: [{ type: "file_search" }] };
    expect(toToolPolicy(offer, some, true).tools.map(({ name }) => name)).toEqual(["search"]);
  });

  test("leave the model free to answer once they have run", () => {
    for (const choice of ["required", { type: "file_search" }, "auto"] satisfies ToolChoice[]) {
      const following = toFollowingPolicy(toToolPolicy(offer, choice, true), choice, true);
      expect(following).toMatchObject({
        choice: "auto",
        tools: [{ name: "a" }, { name: "b" }, { name: "search" }],
      });
    }
    const some: ToolChoice = { type: "allowed_tools", mode: "required", tools: [{ type: "file_search" }] };
    const following = toFollowingPolicy(toToolPolicy(offer, some, true), some, true);
    expect(following).toMatchObject({ choice: "auto", tools: [{ name: "search" }] });
  });

  test("stay out of reach where the choice is none, whatever has run before", () => {
    const following = toFollowingPolicy(toToolPolicy(offer, "none", false), "none", true);
    expect(following).toEqual({ ...toToolPolicy(offer, "none", false) });
    expect(following).toMatchObject({ tools: [], choice: "none" });
  });

  test("are no longer offered when their calls are used up", () => {
    const policy = toToolPolicy(offer, "auto", true);
    expect(toFollowingPolicy(policy, "auto", false).tools.map(({ name }) => name)).toEqual(["a", "b"]);
    const alone = toToolPolicy(offerOf([], "search"), "auto", true);
    expect(toFollowingPolicy(alone, "auto", false)).toMatchObject({ tools: [], choice: "none" });
  });
});
