import type { Item } from "@gateway/protocol";
import type { ModelTurn } from "./model-backend.ts";
import { joinTurns } from "./tools/parallel-to.ts";

/** One item of the context, and what the model is shown of it. */
export interface ContextEntry {
  /** As it is stored. */
  item: Item;
  /** With files read and searches written out; nothing for what the model is not shown. */
  shown: readonly Item[];
  /** Set for a message that stands for compacted context: the summary in it. */
  summary?: string | undefined;
}

/** The context of a turn: what the request's prompt was rendered to, then the entries, and which of them are summaries. */
export function toTurnContext(
  prompt: readonly Item[],
  entries: readonly ContextEntry[],
): Pick<ModelTurn, "items" | "summaries"> {
  return {
    items: [...prompt, ...joinTurns(entries)],
    summaries: new Set(entries.flatMap(({ item, summary }) => (summary === undefined ? [] : [item.id]))),
  };
}
