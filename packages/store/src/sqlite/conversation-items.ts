import { type Item, itemPrefix, newId } from "@gateway/protocol";
import { and, eq, lt, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { conversationItems, conversations } from "./schema.ts";

/** An item ready to be written: stringified when the store was called, so that later changes do not matter. */
export interface ItemRow {
  id: string;
  type: string;
  json: string;
}

/** Takes a snapshot of an item. */
export function toItemRow(item: Item): ItemRow {
  return { id: item.id, type: item.type, json: JSON.stringify(item) };
}

/** Finds a conversation's row, or undefined. */
export type FindConversation = (tenant: string, id: string) => number | undefined;

/** Prepares the look-up of a conversation. */
export function prepareFindConversation(orm: BetterSQLite3Database): FindConversation {
  const select = orm
    .select({ seq: conversations.seq })
    .from(conversations)
    .where(
      and(eq(conversations.tenant, sql.placeholder("tenant")), eq(conversations.id, sql.placeholder("id"))),
    )
    .prepare();
  return (tenant, id) => select.get({ tenant, id })?.seq;
}

/** Notes that a conversation was written to. To be run inside a transaction. */
export type TouchConversation = (conversationSeq: number) => void;

/**
 * Prepares the note of an activity. A clock that was set back does not make a conversation look idle: the time only
 * grows.
 */
export function prepareTouchConversation(orm: BetterSQLite3Database): TouchConversation {
  const touch = orm
    .update(conversations)
    .set({ lastActiveAt: sql`${sql.placeholder("now")}` })
    .where(
      and(
        eq(conversations.seq, sql.placeholder("seq")),
        lt(conversations.lastActiveAt, sql.placeholder("now")),
      ),
    )
    .prepare();
  return (seq) => void touch.run({ seq, now: nowInSeconds() });
}

/** Unix time in seconds, as activity is kept. */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Appends items to a conversation, in order, and returns their ids there. To be run inside a transaction. */
export type AppendItems = (tenant: string, conversationSeq: number, items: readonly ItemRow[]) => string[];

/**
 * Prepares the append.
 *
 * Ids are unique within a conversation, or a cursor could not tell where it stands. An item whose id is
 * there already (callers number their messages, or send one twice) is added under a fresh id: it may say
 * something new, and a turn must not fail for it. The response keeps the caller's id.
 */
export function prepareAppendItems(orm: BetterSQLite3Database): AppendItems {
  const insert = orm
    .insert(conversationItems)
    .values({
      tenant: sql.placeholder("tenant"),
      conversationSeq: sql.placeholder("conversationSeq"),
      itemId: sql.placeholder("itemId"),
      item: sql.placeholder("item"),
    })
    .onConflictDoNothing()
    .prepare();
  return (tenant, conversationSeq, items) =>
    items.map(({ id, type, json }) => {
      if (insert.run({ tenant, conversationSeq, itemId: id, item: json }).changes > 0) return id;
      const itemId = newId(itemPrefix(type));
      insert.run({ tenant, conversationSeq, itemId, item: withId(json, itemId) });
      return itemId;
    });
}

function withId(json: string, id: string): string {
  return JSON.stringify({ ...(JSON.parse(json) as object), id });
}
