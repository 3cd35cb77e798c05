import type { Item } from "@gateway/protocol";
import { answerOf, callOf } from "../call-ids.ts";
import type { ContextEntry } from "../context-entry.ts";
import { isSystemMessage, isUserMessage } from "../message-author.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import { wordsOf } from "./expand-compactions.ts";

/** A context in two: each entry is in one of them, in the order in which it was. */
export interface SplitContext {
  /** What stays word for word. */
  kept: ContextEntry[];
  /** What a summary is to stand for. */
  covered: ContextEntry[];
}

/**
 * Decides what of a context stays when it is compacted: the messages of system and developer, the newest message of the
 * user, calls that are still to be answered, and of what follows that message the newest part, as much as comes to
 * `keepTokens` by estimate. A call and its output stay together, and thoughts with what they led to.
 */
export function splitContext(entries: readonly ContextEntry[], keepTokens: number): SplitContext {
  const items = entries.map(({ item }) => item);
  const asked = entries.findLastIndex(isAsked);
  const keeps = new Set([asked, ...systemMessages(items), ...openCalls(items)]);
  const tail = tailFrom(entries, asked + 1, keepTokens);
  const kept: ContextEntry[] = [];
  const covered: ContextEntry[] = [];
  for (const [place, entry] of entries.entries()) {
    const stays = (keeps.has(place) || place >= tail) && entry.summary === undefined;
    // What the model is not shown need not be kept for it.
    (stays && entry.shown.length > 0 ? kept : covered).push(entry);
  }
  return { kept, covered };
}

/** True for an entry that is a message of the user. */
export function isAsked({ item, summary }: ContextEntry): boolean {
  return isUserMessage(item, summary !== undefined);
}

/** Places of the system's and developer's messages; of those that say the same, the first. */
function systemMessages(items: readonly Item[]): number[] {
  const seen = new Set<string>();
  return items.flatMap((item, place) => {
    if (!isSystemMessage(item) || seen.has(wordsOf(item))) return [];
    seen.add(wordsOf(item));
    return [place];
  });
}

/** Places of calls without an output, each with the thoughts right before it. */
function openCalls(items: readonly Item[]): number[] {
  const open = new Map<string, number>();
  for (const [place, item] of items.entries()) {
    const answers = answerOf(item);
    const calls = callOf(item);
    if (answers !== undefined) open.delete(answers);
    else if (calls !== undefined) open.set(calls, place);
  }
  return [...open.values()].flatMap((place) => [place, ...thoughtsBefore(items, place)]);
}

function thoughtsBefore(items: readonly Item[], place: number): number[] {
  const places: number[] = [];
  for (let before = place - 1; items[before]?.type === "reasoning"; before--) places.push(before);
  return places;
}

/** The first place, from `first` on, behind which all fits and which tears nothing apart; the end where none does. */
function tailFrom(entries: readonly ContextEntry[], first: number, keepTokens: number): number {
  let from = entries.length;
  let left = keepTokens;
  /** Outputs behind the place whose calls are before it. */
  const waiting = new Set<string>();
  for (let place = entries.length - 1; place >= first; place--) {
    const entry = entries[place] as ContextEntry;
    left -= estimateTokens(entry.shown);
    if (left < 0) break;
    const answers = answerOf(entry.item);
    const calls = callOf(entry.item);
    if (answers !== undefined) waiting.add(answers);
    else if (calls !== undefined) waiting.delete(calls);
    if (waiting.size === 0 && entries[place - 1]?.item.type !== "reasoning") from = place;
  }
  return from;
}
