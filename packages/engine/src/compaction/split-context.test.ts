import type { Item } from "@gateway/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ContextEntry } from "../context-entry.ts";
import { pairCalls } from "../pair-calls.ts";
import { arbitraryContext } from "../testing/arbitrary-context.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { splitContext } from "./split-context.ts";

const toEntries = (items: readonly Item[]): ContextEntry[] => items.map((item) => ({ item, shown: [item] }));
const idsOf = (entries: readonly ContextEntry[]) => entries.map(({ item }) => item.id);
const user = (id: string, text = id): Item => ({ type: "message", id, role: "user", content: text });
const call = (id: string): Item => ({
  type: "function_call",
  id: `fc_${id}`,
  call_id: id,
  name: "f",
  arguments: "{}",
});
const output = (id: string, text = "x"): Item => ({
  type: "function_call_output",
  id: `fco_${id}`,
  call_id: id,
  output: text,
});
const split = (items: readonly Item[], tokens: number) => {
  const { kept, covered } = splitContext(toEntries(items), tokens);
  return { kept: idsOf(kept), covered: idsOf(covered) };
};

describe("whatever the context", () => {
  const budget = fc.nat({ max: 400 });

  test("nothing is lost, nothing is doubled, and the order stays", () => {
    fc.assert(
      fc.property(arbitraryContext, budget, (items, tokens) => {
        const { kept, covered } = split(items, tokens);
        const places = new Map(items.map(({ id }, place) => [id, place]));
        for (const ids of [kept, covered]) {
          const at = ids.map((id) => places.get(id) ?? -1);
          expect(at).toEqual(at.toSorted((a, b) => a - b));
        }
        expect([...kept, ...covered].sort()).toEqual(items.map(({ id }) => id).sort());
      }),
    );
  });

  test("a call and its output stay together, and calls that wait are kept", () => {
    fc.assert(
      fc.property(arbitraryContext, budget, (items, tokens) => {
        const { kept, covered } = splitContext(toEntries(items), tokens);
        const waiting = (entries: readonly ContextEntry[]) => {
          const open = new Set<string>();
          for (const { item } of entries) {
            if (item.type === "function_call") open.add(item.call_id);
            else if (item.type === "function_call_output" && !open.delete(item.call_id))
              throw new Error("torn");
          }
          return [...open].sort();
        };
        expect(waiting(kept)).toEqual(waiting(toEntries(items)));
        expect(waiting(covered)).toEqual([]);
        // What is kept is fit to be sent, but for the calls that wait.
        expect(() =>
          pairCalls(
            [],
            kept.map(({ item }) => item),
            kept.map((_, place) => place),
            { mayWait: true },
          ),
        ).not.toThrow();
      }),
    );
  });

  test("the newest message of the user is kept, and every word of the developer", () => {
    fc.assert(
      fc.property(arbitraryContext, budget, (items, tokens) => {
        const { kept } = splitContext(toEntries(items), tokens);
        const said = (entries: readonly Item[], role: string) =>
          entries.flatMap((item) =>
            item.type === "message" && item.role === role ? [JSON.stringify(item.content)] : [],
          );
        const keptItems = kept.map(({ item }) => item);
        expect(said(keptItems, "user").at(-1)).toBe(said(items, "user").at(-1));
        expect(new Set(said(keptItems, "developer"))).toEqual(new Set(said(items, "developer")));
      }),
    );
  });

  test("what is kept behind that message is no more than it may be", () => {
    fc.assert(
      fc.property(arbitraryContext, budget, (items, tokens) => {
        const answered = items.filter((item) => item.type !== "message" || item.role === "assistant");
        const { kept } = splitContext(toEntries(items), tokens);
        const waits = new Set(idsOf(splitContext(toEntries(items), 0).kept));
        const tail = kept
          .map(({ item }) => item)
          .filter((item) => answered.includes(item) && !waits.has(item.id));
        const size = tail.reduce((sum, item) => sum + estimateTokens([item]), 0);
        expect(size).toBeLessThanOrEqual(tokens);
      }),
    );
  });
});

test("a long run of calls after one message is kept from its newest end", () => {
  const runs = Array.from({ length: 20 }, (_, n) => [call(`c${n}`), output(`c${n}`, "y".repeat(200))]).flat();
  const { kept, covered } = split([user("u1"), ...runs], 250);
  expect(kept[0]).toBe("u1");
  expect(kept.slice(-2)).toEqual(["fc_c19", "fco_c19"]);
  expect(kept.length).toBeLessThan(10);
  expect(covered).toContain("fc_c0");
});

test("thoughts stay with what they led to", () => {
  const thought: Item = { type: "reasoning", id: "rs_1", summary: [] };
  expect(split([user("u1"), thought, call("c1")], 0).kept).toEqual(["u1", "rs_1", "fc_c1"]);
  const answered = [user("u1"), thought, call("c1"), output("c1")];
  const withoutThought = estimateTokens([answered[2] as Item]) + estimateTokens([answered[3] as Item]);
  expect(split(answered, withoutThought).kept).toEqual(["u1"]);
  expect(split(answered, 1000).kept).toHaveLength(4);
});

test("a summary is never kept, and is no message of the user", () => {
  const entries: ContextEntry[] = [
    ...toEntries([user("u1")]),
    { item: user("cmp_1", "notes"), shown: [user("cmp_1", "notes")], summary: "notes" },
  ];
  const { kept, covered } = splitContext(entries, 1000);
  expect([idsOf(kept), idsOf(covered)]).toEqual([["u1"], ["cmp_1"]]);
});

test("a message that the developer repeats is kept once", () => {
  const developer = (id: string): Item => ({ type: "message", id, role: "developer", content: "Be brief." });
  expect(split([developer("d1"), user("u1"), developer("d2"), user("u2")], 0)).toEqual({
    kept: ["d1", "u2"],
    covered: ["u1", "d2"],
  });
});

test("what the model is not shown is let go", () => {
  const list: Item = { type: "mcp_list_tools", id: "mcpl_1", server_label: "docs", tools: [] };
  const entries = [...toEntries([user("u1")]), { item: list, shown: [] }];
  const { kept, covered } = splitContext(entries, 1000);
  expect([idsOf(kept), idsOf(covered)]).toEqual([["u1"], ["mcpl_1"]]);
});
