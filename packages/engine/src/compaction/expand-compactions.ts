import type { CompactionItem, Item } from "@gateway/protocol";
import { isSystemMessage } from "../message-author.ts";
import type { CompactionContent } from "./compaction-content.ts";
import { placeSummary, toSummaryMessage } from "./place-summary.ts";

/** An item of a context whose compactions were opened. */
export interface Expanded {
  item: Item;
  /** Its place in the list before; that of the compaction for what has come out of one. */
  from: number;
  /** True where it is the item of that place itself. */
  itself: boolean;
}

/** A context whose compactions were opened. */
export interface ExpandedContext {
  /** System and developer messages that compactions keep: they stand before everything else. */
  front: Item[];
  expanded: Expanded[];
  /** The place of the first item that still counts: the latest compaction that covers what is before it, or 0. */
  start: number;
  /** Summaries by the ids of the messages that carry them. */
  summaries: Map<string, string>;
}

/**
 * Puts what compactions stand for in their places: the latest that covers what is before it drops that, and each becomes
 * a message with its summary, followed by the items it keeps. System and developer messages that were kept come first
 * of all, before a history, too: many chat templates take them nowhere else. One that was cut short says nothing, nor does a trigger that
 * somebody has put into a conversation.
 *
 * `open` gives what a compaction says, undefined to pass it over. From the place `own` on all are opened, before it only
 * those that count.
 */
export function expandCompactions(
  items: readonly Item[],
  own: number,
  open: (item: CompactionItem, place: number) => CompactionContent | undefined,
): ExpandedContext {
  if (!items.some(isOfCompaction)) {
    const expanded = items.map((item, from) => ({ item, from, itself: true }));
    return { front: [], expanded, start: 0, summaries: new Map() };
  }
  const opened = new Map<number, CompactionContent>();
  let start = 0;
  for (let place = items.length - 1; place >= 0; place--) {
    const item = items[place];
    if (item?.type !== "compaction" || item.encrypted_content === "") continue;
    if (start > 0 && place < own) break;
    const content = open(item, place);
    if (content === undefined) continue;
    opened.set(place, content);
    if (content.replaces) start = Math.max(start, place);
  }

  const front: Item[] = [];
  const expanded: Expanded[] = [];
  const summaries = new Map<string, string>();
  for (const [offset, item] of items.slice(start).entries()) {
    const from = start + offset;
    if (item.type === "compaction_trigger") continue;
    if (item.type !== "compaction") {
      expanded.push({ item, from, itself: true });
      continue;
    }
    const content = opened.get(from);
    if (content === undefined) continue;
    for (const user of cutOff(content, expanded)) expanded.push({ item: user, from, itself: false });
    const kept = content.kept.map((keptItem) => ({ item: keptItem, from, itself: false }));
    if (content.summary !== "") summaries.set(item.id, content.summary);
    const summary = content.summary === "" ? undefined : toSummaryMessage(item.id, content.summary);
    const placed = placeSummary(kept, summary && { item: summary, from, itself: false });
    front.push(...placed.front.map((entry) => entry.item));
    expanded.push(...placed.rest);
  }
  return { front: withoutRepeats(front, expanded), expanded, start, summaries };
}

/** The user's messages of a window of which none stands before its compaction any more. */
function cutOff({ users = [] }: CompactionContent, before: readonly Expanded[]): Item[] {
  const words = new Set(before.map(({ item }) => wordsOf(item)));
  return users.some((item) => words.has(wordsOf(item))) ? [] : users;
}

function isOfCompaction({ type }: Item): boolean {
  return type === "compaction" || type === "compaction_trigger";
}

/** Tells apart what two messages say. */
export function wordsOf(item: Item): string {
  return item.type === "message" ? JSON.stringify([item.role, item.content]) : item.id;
}

/** A client that sends its developer messages again with every request is not shown those that were kept as well. */
function withoutRepeats(front: readonly Item[], rest: readonly Expanded[]): Item[] {
  const seen = new Set(rest.filter(({ item }) => isSystemMessage(item)).map(({ item }) => wordsOf(item)));
  return front.filter((item) => {
    const words = wordsOf(item);
    return !seen.has(words) && seen.add(words);
  });
}
