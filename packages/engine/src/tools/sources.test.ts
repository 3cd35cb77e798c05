import type { Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { Sources } from "./sources.ts";

/** What a model is shown of an item: the function's name, its arguments and its output. */
function shownOf(item: Item, sources = new Sources()) {
  const [call, output] = sources.show([item], () => undefined);
  if (call?.type !== "function_call" || output?.type !== "function_call_output")
    throw new Error("it is not shown as a call and its output");
  return { name: call.name, args: JSON.parse(call.arguments) as unknown, output: String(output.output) };
}

const web = { type: "web_search_call" as const, id: "ws_1", status: "completed" };
const files = { type: "file_search_call" as const, id: "fs_1", status: "completed" };
const code = { type: "code_interpreter_call" as const, id: "ci_1", status: "completed" };

describe("a call that has run here and whose results nobody has is shown with what it asked for", () => {
  test.each<[string, Item, string, unknown]>([
    [
      "a search in the web",
      { ...web, action: { type: "search", query: "cats", queries: ["cats", "dogs"] } },
      "web_search",
      { queries: ["cats", "dogs"] },
    ],
    [
      "a search in the web of the older form",
      { ...web, action: { type: "search", query: "cats" } },
      "web_search",
      { queries: ["cats"] },
    ],
    [
      "a page",
      { ...web, action: { type: "open_page", url: "https://a.example/" } },
      "open_page",
      { url: "https://a.example/" },
    ],
    [
      "words in a page",
      { ...web, action: { type: "find_in_page", url: "https://a.example/", pattern: "cats" } },
      "find_in_page",
      { url: "https://a.example/", pattern: "cats" },
    ],
    ["a search in the web that says nothing", web, "web_search", { queries: [] }],
    [
      "a search in files",
      { ...files, queries: ["cats"], results: null },
      "file_search",
      { queries: ["cats"] },
    ],
  ])("%s", (_name, item, name, args) => {
    const shown = shownOf(item);
    expect(shown).toMatchObject({ name, args });
    expect(shown.output).toContain("no longer at hand");
    expect(shownOf(item)).toEqual(shown);
  });

  test("code", () => {
    const shown = shownOf({ ...code, code: "print(1)", outputs: null });
    expect(shown).toMatchObject({ name: "code_interpreter", args: { code: "print(1)" } });
    expect(shown.output).toContain("not known");
  });

  test.each<[string, Item]>([
    ["a search in the web", { ...web, status: "incomplete" }],
    ["a search in files", { ...files, status: "searching" }],
    ["code", { ...code, status: "in_progress" }],
  ])("%s that was cut short says so", (_name, item) => {
    expect(shownOf(item).output).toContain("not run to its end");
  });

  test("pages that it was on can be cited, though their text is gone", () => {
    const sources = new Sources();
    const found = [{ type: "url", url: "https://a.example/" }, { url: null }, { url: "https://b.example/" }];
    const { output } = shownOf(
      { ...web, action: { type: "search", query: "cats", sources: found } },
      sources,
    );
    expect(output).toContain("【1】 https://a.example/\n【2】 https://b.example/");
    expect(sources.get(2)).toEqual({ url: "https://b.example/", title: "https://b.example/" });
  });
});

test("sources are looked for in an answer once the model was shown a search", () => {
  for (const item of [web, files, { ...files, results: [] }]) {
    const sources = new Sources();
    expect(sources.searched).toBe(false);
    sources.show([item as Item], () => undefined);
    expect(sources.searched).toBe(true);
  }
  const others = new Sources();
  others.show([code, { type: "message", id: "m", role: "user", content: "x" }], () => undefined);
  expect(others.searched).toBe(false);
});

test("what a caller says was found can only be cited where it is a page of the web", () => {
  const sources = new Sources();
  const page = (url: string) => ({ url, title: "T", text: "x", published_at: null });
  const results = [page("javascript:alert(1)"), page("https://a.example/")];
  sources.show([{ ...web, results } as Item], () => undefined);
  expect([sources.get(1), sources.get(2)]).toEqual([undefined, { url: "https://a.example/", title: "T" }]);
});
