import { type InputItem, type Item, toVisibleItem } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { toConversationItems } from "./to-conversation-items.ts";

const search: Item = {
  type: "file_search_call",
  id: "fs_1",
  status: "completed",
  queries: ["cats"],
  results: [{ file_id: "file-1", filename: "a.md", score: 1, text: "Cats sleep." }],
};

/** What becomes of items where the search is kept for the tenant acme; also how often it was looked for. */
async function stored(items: InputItem[], tenant = "acme") {
  let lookUps = 0;
  const findItems = async (by: string, ids: readonly string[]) => {
    lookUps++;
    return new Map(by === "acme" && ids.includes(search.id) ? [[search.id, search]] : []);
  };
  return { items: await toConversationItems(items, tenant, { findItems }), lookUps };
}

describe("items that are put into a conversation", () => {
  test("get ids where they have none, and nothing is looked for", async () => {
    const { items, lookUps } = await stored([
      { type: "message", role: "user", content: "hi" },
      { type: "message", id: "mine", role: "user", content: "hi" },
      { type: "file_search_call", queries: ["cats"] },
      search,
    ]);
    expect(items.map(({ id }) => id)).toEqual([
      expect.stringMatching(/^msg_[0-9a-f]{32}$/),
      "mine",
      expect.stringMatching(/^fs_[0-9a-f]{32}$/),
      "fs_1",
    ]);
    expect(lookUps).toBe(0);
  });

  test("have the results that are kept under their ids", async () => {
    const bare = toVisibleItem(search);
    expect(await stored([bare])).toEqual({ items: [search], lookUps: 1 });
    expect((await stored([bare], "other")).items).toEqual([bare]);
    expect((await stored([{ ...bare, id: "fs_2" }])).items).toEqual([{ ...bare, id: "fs_2" }]);
    expect((await stored([{ type: "file_search_call", id: "fs_1", queries: ["dogs"] }])).items).toMatchObject(
      [{ id: "fs_1", queries: ["dogs"], results: null }],
    );
  });

  test("may be a local shell's call and its output, which names it by its id", async () => {
    const { items } = await stored([
      { type: "local_shell_call", id: "lsh_1", call_id: "c", action: { type: "exec", command: ["ls"] } },
      { type: "local_shell_call_output", id: "lsh_1", output: "x" },
    ]);
    expect(items).toMatchObject([{ id: "lsh_1" }, { call_id: "lsh_1" }]);
    expect(new Set(items.map(({ id }) => id)).size).toBe(2);
  });

  test("are refused as references, and where an id comes twice", async () => {
    await expect(stored([{ type: "item_reference", id: "fs_1" }])).rejects.toMatchObject({
      status: 422,
      param: "items[0].type",
    });
    const message: InputItem = { type: "message", id: "m", role: "user", content: "hi" };
    await expect(stored([message, message])).rejects.toMatchObject({ status: 422, param: "items[1].id" });
  });
});
