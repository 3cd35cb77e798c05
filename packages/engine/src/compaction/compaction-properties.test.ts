import type { Item } from "@gateway/protocol";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { arbitraryContext } from "../testing/arbitrary-context.ts";
import { EngineWorld, plainSealer, say } from "../testing/engine-world.ts";
import { openCompaction } from "./compaction-content.ts";

const trigger = { type: "compaction_trigger" };
const next = { role: "user", content: "next" };

/** Outputs for the calls that are still to be answered. */
function outputsFor(items: readonly Item[]): object[] {
  const open = new Set<string>();
  for (const item of items) {
    if (item.type === "function_call") open.add(item.call_id);
    else if (item.type === "function_call_output") open.delete(item.call_id);
  }
  return [...open].map((call_id) => ({ type: "function_call_output", call_id, output: "late" }));
}

/** What an item says, as a transcript or a context shows it. */
function wordsOf(item: Item): string {
  if (item.type === "function_call") return item.arguments.trim();
  const content =
    item.type === "function_call_output" ? item.output : item.type === "message" ? item.content : "";
  if (typeof content === "string") return content.trim();
  return content
    .map((part) => ("text" in part ? String(part.text) : ""))
    .join("\n")
    .trim();
}

const isFromDeveloper = (item: Item) => item.type === "message" && item.role === "developer";

test("whatever is compacted, each item is kept word for word or has been read for the notes, and what follows can be sent", async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryContext, fc.integer({ min: 1_500, max: 4_000 }), async (items, window) => {
      const world = new EngineWorld(...Array.from({ length: 12 }, () => [[say.text("Notes."), say.stop]]));
      // So small that not everything fits behind the newest message.
      world.model.window = window / 10;
      const { status, output } = await world.run({ input: [...items, trigger] });
      expect(status).toBe("completed");
      const [compaction] = output;
      if (compaction?.type !== "compaction") throw new Error("there is no compaction");
      const content = openCompaction(compaction.encrypted_content, "acme", plainSealer);
      const kept = new Set(content?.kept.map(({ id }) => id));
      const read = world.model.seen
        .map(({ turn }) => wordsOf(turn.items[0] as Item).replaceAll(/<\/?record>/g, ""))
        .join("\n")
        .replaceAll(/\s+/g, "");
      for (const item of items) {
        if (kept.has(item.id) || item.type === "reasoning") continue;
        if (!isFromDeveloper(item)) expect(read).toContain(wordsOf(item).replaceAll(/\s+/g, ""));
      }

      world.model.window = undefined;
      const asked = world.model.seen.length;
      await world.run({ input: [...output, ...outputsFor(items), next] });
      const shown = world.model.seen[asked]?.turn.items ?? [];
      // What the developer has said twice may be shown once.
      const said = new Set(shown.flatMap((item) => (isFromDeveloper(item) ? [wordsOf(item)] : [])));
      const isShown = (item: Item) => shown.some(({ id }) => id === item.id);
      const due = content?.kept.filter(
        (item) => isShown(item) || !(isFromDeveloper(item) && said.has(wordsOf(item))),
      );
      expect(shown.flatMap(({ id }) => (kept.has(id) ? [id] : []))).toEqual(due?.map(({ id }) => id));
    }),
    { numRuns: 150 },
  );
});
