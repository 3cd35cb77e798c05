import type { Item } from "@gateway/protocol";
import { isSystemMessage } from "../message-author.ts";

/**
 * What a compaction leaves of a context, in its order: the messages of system and developer that lead what is kept
 * (`front`), then the summary, where there is one, and what else is kept (`rest`).
 */
export function placeSummary<T extends { item: Item }>(
  kept: readonly T[],
  summary: T | undefined,
): { front: T[]; rest: T[] } {
  const other = kept.findIndex(({ item }) => !isSystemMessage(item));
  const leading = other < 0 ? kept.length : other;
  return {
    front: kept.slice(0, leading),
    rest: [...(summary === undefined ? [] : [summary]), ...kept.slice(leading)],
  };
}

/**
 * The message that a model is shown for a summary. It is the user's: what was said by users and tools is in it, and must
 * not gain the weight of a system message by having been compacted.
 */
export function toSummaryMessage(id: string, summary: string): Item {
  const text = `${summaryIntroduction}\n\n${summary}`;
  return {
    type: "message",
    id,
    role: "user",
    status: "completed",
    content: [{ type: "input_text", text }],
  };
}

const summaryIntroduction =
  "[The conversation up to here was compacted. These notes stand for what is gone. Go on from them as if you had all of it before you.]";
