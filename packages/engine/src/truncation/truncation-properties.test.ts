import type { Item } from "@gateway/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelTurn } from "../model-backend.ts";
import { tokensOf, WordModel } from "../testing/word-model.ts";
import { TruncatingBackend } from "./truncating-backend.ts";

/** What a caller and a model may do one after the other; numbers are lengths in words. */
type Move =
  | { do: "ask" | "answer" | "direct"; words: number }
  | { do: "think"; words: number }
  | { do: "call"; words: number; calls: number; answers: "now" | "later" };

const words = fc.integer({ min: 0, max: 60 });
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ do: fc.constantFrom("ask" as const, "answer" as const), words }),
  fc.record({ do: fc.constant("direct" as const), words: fc.integer({ min: 0, max: 5 }) }),
  fc.record({ do: fc.constant("think" as const), words }),
  fc.record({
    do: fc.constant("call" as const),
    words,
    calls: fc.integer({ min: 1, max: 3 }),
    answers: fc.constantFrom("now" as const, "now" as const, "later" as const),
  }),
);

const speech = (count: number) => Array.from({ length: count }, (_, n) => `w${n}`).join(" ");

/** A context in which every call is answered, sometimes only after something else was said. */
function toItems(moves: readonly Move[]): Item[] {
  const items: Item[] = [];
  let late: Item[] = [];
  const add = (item: object): void => void items.push({ id: `i${items.length}`, ...item } as Item);
  for (const [number, done] of moves.entries()) {
    const content = speech(done.words);
    if (done.do === "think") add({ type: "reasoning", summary: [], content: [] });
    else if (done.do === "call") {
      const outputs: Item[] = [];
      for (let n = 0; n < done.calls; n++) {
        const call_id = `call_${n}_${number}`;
        add({ type: "function_call", call_id, name: "f", arguments: content });
        outputs.push({ type: "function_call_output", id: `o${call_id}`, call_id, output: content });
      }
      if (done.answers === "now") items.push(...outputs);
      else late.push(...outputs);
    } else {
      const role = done.do === "ask" ? "user" : done.do === "answer" ? "assistant" : "developer";
      add({ type: "message", role, content });
      items.push(...late);
      late = [];
    }
  }
  return [...items, ...late];
}

const turnOf = (items: Item[], fields: Partial<ModelTurn> = {}): ModelTurn => ({
  request: { model: "m" },
  model: "m",
  instructions: "Be kind",
  items,
  places: new Map(),
  tools: [],
  toolChoice: "auto",
  maxOutputTokens: undefined,
  ...fields,
});

/** What has to be sent whatever the window. */
function kept(items: readonly Item[]): Item[] {
  const last = items.findLastIndex((item) => item.type === "message" && item.role === "user");
  return items.filter(
    (item, position) =>
      (last >= 0 && position >= last) || (item.type === "message" && item.role === "developer"),
  );
}

/** The calls that are asked and answered, in order. */
function pairs(items: readonly Item[]): { calls: string[]; outputs: string[] } {
  return {
    calls: items.flatMap((item) => (item.type === "function_call" ? [item.call_id] : [])).sort(),
    outputs: items.flatMap((item) => (item.type === "function_call_output" ? [item.call_id] : [])).sort(),
  };
}

function checkSent(sent: readonly Item[], all: readonly Item[]): void {
  // In their order, none twice, none new.
  const positions = sent.map((item) => all.indexOf(item));
  expect(positions).toEqual(positions.toSorted((a, b) => a - b));
  expect(positions).not.toContain(-1);
  expect(new Set(positions).size).toBe(sent.length);
  // No call without its output, no output without its call.
  const { calls, outputs } = pairs(sent);
  expect(calls).toEqual(outputs);
  // What must stay is there.
  for (const item of kept(all)) expect(sent).toContain(item);
  // A thought goes with what it led to, and stays with it.
  for (const [position, item] of all.entries()) {
    const next = all[position + 1];
    if (item.type !== "reasoning" || next === undefined) continue;
    if (next.type !== "function_call" && !(next.type === "message" && next.role === "assistant")) continue;
    expect(sent.includes(item)).toBe(sent.includes(next));
  }
}

const context = fc.array(move, { maxLength: 40 }).map(toItems);
const signal = new AbortController().signal;

describe("whatever the context", () => {
  test("what is sent fits a known window, is whole, in order, and has all that must stay", async () => {
    await fc.assert(
      fc.asyncProperty(context, fc.integer({ min: 64, max: 700 }), async (items, window) => {
        const model = new WordModel({ window });
        const backend = new TruncatingBackend(model, () => {});
        const turn = turnOf(items);
        const must = tokensOf({ ...turn, items: kept(items) });
        try {
          await backend.open(turn, signal);
        } catch (thrown) {
          expect(thrown).toMatchObject({ status: 400, code: "context_length_exceeded", param: "input" });
          expect(model.sent).toEqual([]);
          // Only where nothing could be done: units bound to what stays may add to what must.
          expect(tokensOf(turn)).toBeGreaterThanOrEqual(window);
          return;
        }
        expect(model.sent).toHaveLength(1);
        const [sent] = model.sent as [ModelTurn];
        checkSent(sent.items, items);
        const budget = window - window / 8;
        if (tokensOf(turn) <= budget) expect(sent.items).toEqual(items);
        else if (must < budget) expect(tokensOf(sent)).toBeLessThan(window);
        expect(model.counts).toBeLessThanOrEqual(5);
      }),
      { numRuns: 300 },
    );
  });

  test("where the window is not known, the server's refusals lead to something it takes", async () => {
    await fc.assert(
      fc.asyncProperty(
        context,
        fc.integer({ min: 64, max: 700 }),
        fc.constantFrom(0.4, 0.8, 1, 1.3, 3),
        fc.boolean(),
        async (items, window, countsAs, tellsFigures) => {
          const refuse = tellsFigures ? {} : { refuse: () => "too long" };
          const model = new WordModel({ window, tellsWindow: false, countsAs, ...refuse });
          const turn = turnOf(items);
          const opened = await new TruncatingBackend(model, () => {})
            .open(turn, signal)
            .catch((error: unknown) => {
              expect(error).toMatchObject({ status: 400, code: "context_length_exceeded", param: "input" });
            });
          expect(model.sent.length).toBeLessThanOrEqual(4);
          for (const { items: sent } of model.sent) checkSent(sent, items);
          const sizes = model.sent.map(({ items: sent }) => sent.length);
          expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => b - a));
          if (opened === undefined) return;
          expect(tokensOf(model.sent.at(-1) as ModelTurn)).toBeLessThan(window);
        },
      ),
      { numRuns: 300 },
    );
  });
});
