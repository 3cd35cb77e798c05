import type { ResponseEvent } from "@gateway/protocol";
import type { ContextEntry } from "../context-entry.ts";
import { OpenCompaction } from "../open-compaction.ts";
import type { Run } from "../run.ts";
import type { BegunCompaction, Compaction } from "./compactor.ts";
import { placeSummary, toSummaryMessage } from "./place-summary.ts";

/**
 * Compacts the context inside a response: tells of it, and stores the response with it, so that it is not done again.
 * Gives the context that is left. Where no summary is to be had, the item stays empty, the log is told, and nothing is
 * given: the response may go on with all of its context. One that asks for nothing else fails.
 */
export async function* runCompaction(
  due: Compaction | BegunCompaction,
  { builder, keeper, compactor, budget }: Run,
): AsyncGenerator<ResponseEvent[], ContextEntry[] | undefined, undefined> {
  let content = "";
  const open = builder.open(
    "compaction",
    (id, index, emit) => new OpenCompaction(id, index, emit, () => content),
  );
  yield builder.take();
  let summary: string | undefined;
  let begun: BegunCompaction | undefined;
  try {
    begun = "finish" in due ? due : await compactor.begin(due);
    summary = await begun.finish();
    content = compactor.seal(begun, summary);
  } catch (thrown) {
    compactor.giveUp(thrown);
  } finally {
    for (const usage of begun?.usages ?? []) {
      builder.push([{ kind: "usage", usage }]);
      budget.exempt(usage.output_tokens);
    }
  }
  builder.close(open, "completed");
  yield builder.take();
  await keeper.checkpoint([]);
  if (summary === undefined) return undefined;
  return withSummary(due.split.kept, open.item.id, summary);
}

/** What is left of a context, as it will be found again: see `expandCompactions`. */
function withSummary(kept: readonly ContextEntry[], id: string, summary: string): ContextEntry[] {
  if (summary === "") return [...kept];
  const item = toSummaryMessage(id, summary);
  const { front, rest } = placeSummary(kept, { item, shown: [item], summary });
  return [...front, ...rest];
}
