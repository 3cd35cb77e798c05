import type { Item } from "@gateway/protocol";
import * as fc from "fast-check";

/** A step of a conversation; calls are told apart by small numbers, which come back. */
type Step = {
  kind: "user" | "assistant" | "developer" | "reasoning" | "call" | "output";
  text: string;
  call: number;
};

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("user", "assistant", "developer", "reasoning", "call", "call", "output", "output"),
  text: fc.string({ maxLength: 60 }),
  call: fc.nat({ max: 3 }),
});

/**
 * Contexts as they come out of `loadContext` while calls may still be waiting: every output has its call before it, and
 * no call is repeated before it is answered.
 */
export const arbitraryContext: fc.Arbitrary<Item[]> = fc.array(step, { maxLength: 24 }).map((steps) => {
  const open = new Set<number>();
  return steps.flatMap(({ kind, text, call }, index): Item[] => {
    const id = `item_${index}`;
    if (kind === "call") {
      if (open.has(call)) return [];
      open.add(call);
      return [{ type: "function_call", id, call_id: `call_${call}`, name: "f", arguments: text }];
    }
    if (kind === "output") {
      if (!open.delete(call)) return [];
      return [{ type: "function_call_output", id, call_id: `call_${call}`, output: text }];
    }
    if (kind === "reasoning") {
      return [{ type: "reasoning", id, summary: [], content: [{ type: "reasoning_text", text }] }];
    }
    return [{ type: "message", id, role: kind, content: [{ type: "input_text", text }] }];
  });
});
