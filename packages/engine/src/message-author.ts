import type { Item } from "@gateway/protocol";

/** Ids of the messages that stand for compacted context. */
export type SummaryIds = Pick<ReadonlySet<string>, "has">;

/** Where there are none. */
export const noSummaries: SummaryIds = new Set();

/** True for what the user has said. A summary is a message of the user by its form alone: see `toSummaryMessage`. */
export function isUserMessage(item: Item, isSummary: boolean): boolean {
  return item.type === "message" && item.role === "user" && !isSummary;
}

/** True for a message of whoever runs the application. */
export function isSystemMessage(item: Item): boolean {
  return item.type === "message" && (item.role === "system" || item.role === "developer");
}
