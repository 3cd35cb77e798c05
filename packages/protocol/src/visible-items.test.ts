import { describe, expect, test } from "vitest";
import { toVisibleItem } from "./visible-items.ts";

describe("an item as an answer shows it", () => {
  test("does not tell what a list of tools was asked for with", () => {
    const list = { type: "mcp_list_tools", id: "mcpl_1", server_label: "docs", tools: [] };
    const noted = { ...list, server_url: "https://a.example/mcp", allowed_tools: ["search"] };
    expect(toVisibleItem(noted)).toEqual(list);
    expect(noted.server_url).toBe("https://a.example/mcp");
  });

  test("is the item itself where nothing has to be left out", () => {
    const message = { type: "message", id: "msg_1" };
    expect(toVisibleItem(message)).toBe(message);
  });

  test("shows what include asks for", () => {
    const search = { type: "file_search_call", id: "fs_1", results: [{ text: "found" }] };
    expect(toVisibleItem(search)).toEqual({ ...search, results: null });
    expect(toVisibleItem(search, ["file_search_call.results"])).toBe(search);
  });
});
