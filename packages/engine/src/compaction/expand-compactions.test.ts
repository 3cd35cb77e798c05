import type { CompactionItem, Item } from "@gateway/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryContext } from "../testing/arbitrary-context.ts";
import type { CompactionContent } from "./compaction-content.ts";
import { expandCompactions, wordsOf } from "./expand-compactions.ts";
import { splitContext } from "./split-context.ts";

const say = (role: "user" | "assistant" | "developer", text: string): Item => ({
  type: "message",
  id: `msg_${text}`,
  role,
  content: [{ type: "input_text", text }],
});
const compaction = (id: string, sealed = id): CompactionItem => ({
  type: "compaction",
  id,
  encrypted_content: sealed,
});
const content = (fields: Partial<CompactionContent>): CompactionContent => ({
  model: "m",
  summary: "notes",
  kept: [],
  replaces: true,
  tokens: 0,
  ...fields,
});

/** The ids that are left of a context; `contents` are what its compactions say. */
function expand(items: readonly Item[], contents: Record<string, CompactionContent>, own = 0) {
  const asked: string[] = [];
  const found = expandCompactions(items, own, ({ id }) => {
    asked.push(id);
    return contents[id];
  });
  return {
    ids: [...found.front, ...found.expanded.map(({ item }) => item)].map(({ id }) => id),
    asked,
    start: found.start,
    summaries: found.summaries,
  };
}

test("a context without compactions is as it was", () => {
  fc.assert(
    fc.property(arbitraryContext, (items) => {
      const { expanded, start } = expandCompactions(items, 0, () => undefined);
      expect(expanded).toEqual(items.map((item, from) => ({ item, from, itself: true })));
      expect(start).toBe(0);
    }),
  );
});

test("a compaction that covers what is before it drops that, and is a summary and what it keeps", () => {
  const items = [say("user", "a"), say("assistant", "b"), compaction("cmp_1"), say("user", "d")];
  const kept = [say("user", "c")];
  const { ids, start, summaries } = expand(items, { cmp_1: content({ kept }) });
  expect(ids).toEqual(["cmp_1", "msg_c", "msg_d"]);
  expect(start).toBe(2);
  expect([...summaries]).toEqual([["cmp_1", "notes"]]);
});

test("one that covers nothing before it leaves that", () => {
  const items = [say("user", "a"), compaction("cmp_1"), say("user", "d")];
  const { ids } = expand(items, { cmp_1: content({ replaces: false, kept: [say("assistant", "c")] }) });
  expect(ids).toEqual(["msg_a", "cmp_1", "msg_c", "msg_d"]);
});

test("the latest that covers counts, and those behind it that do not", () => {
  const items = [
    compaction("cmp_1"),
    say("user", "a"),
    compaction("cmp_2"),
    say("user", "b"),
    compaction("cmp_3"),
  ];
  const contents = { cmp_1: content({}), cmp_2: content({}), cmp_3: content({ replaces: false }) };
  const { ids, asked } = expand(items, contents, items.length);
  expect(ids).toEqual(["cmp_2", "msg_b", "cmp_3"]);
  expect(asked).toEqual(["cmp_3", "cmp_2"]);
});

test("those of the caller's own input are all opened, whether they count or not", () => {
  const items = [compaction("cmp_0"), compaction("cmp_1"), say("user", "a"), compaction("cmp_2")];
  const { asked } = expand(items, { cmp_2: content({}) }, 1);
  expect(asked).toEqual(["cmp_2", "cmp_1"]);
});

test("what cannot be opened, and what was cut short, is passed over", () => {
  const items = [say("user", "a"), compaction("cmp_1"), compaction("cmp_2", ""), say("user", "b")];
  const { ids, asked } = expand(items, {});
  expect(ids).toEqual(["msg_a", "msg_b"]);
  expect(asked).toEqual(["cmp_1"]);
});

test("the developer's words come first, and not twice where the caller sends them again", () => {
  const kept = [say("developer", "be brief"), say("developer", "be kind"), say("user", "c")];
  const items = [compaction("cmp_1"), say("developer", "be kind"), say("user", "d")];
  expect(expand(items, { cmp_1: content({ kept }) }).ids).toEqual([
    "msg_be brief",
    "cmp_1",
    "msg_c",
    "msg_be kind",
    "msg_d",
  ]);
});

test("a compaction without a summary is what it keeps", () => {
  const { ids } = expand([compaction("cmp_1")], {
    cmp_1: content({ summary: "", kept: [say("user", "c")] }),
  });
  expect(ids).toEqual(["msg_c"]);
});

test("what a compaction covers is gone and what it keeps is there, whatever the context", () => {
  fc.assert(
    fc.property(arbitraryContext, fc.nat({ max: 400 }), (items, tokens) => {
      const { kept } = splitContext(
        items.map((item) => ({ item, shown: [item] })),
        tokens,
      );
      const contents = { cmp_1: content({ kept: kept.map(({ item }) => item) }) };
      const { ids } = expand([...items, compaction("cmp_1"), say("user", "next")], contents);
      // What the developer has said twice may be shown once.
      const [there, gone] = [true, false].map((is) =>
        kept.filter(({ item }) => ids.includes(item.id) === is),
      );
      const words = new Set(there?.map(({ item }) => wordsOf(item)));
      expect(gone?.filter(({ item }) => !words.has(wordsOf(item)))).toEqual([]);
      const left = there?.map(({ item }) => item.id) ?? [];
      expect(ids.filter((id) => id !== "cmp_1")).toEqual([...left, "msg_next"]);
    }),
  );
});
