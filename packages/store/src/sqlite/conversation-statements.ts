import { and, asc, desc, eq, gt, lt, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { conversationItems, conversations } from "./schema.ts";

export type ConversationStatements = ReturnType<typeof prepareConversationStatements>;

const { placeholder } = sql;

/** Prepares the statements over conversations. */
export function prepareConversationStatements(orm: BetterSQLite3Database) {
  const byId = and(eq(conversations.tenant, placeholder("tenant")), eq(conversations.id, placeholder("id")));
  const fields = {
    id: conversations.id,
    createdAt: conversations.createdAt,
    metadata: conversations.metadata,
  };
  const { item, position } = conversationItems;
  const ofConversation = eq(conversationItems.conversationSeq, placeholder("conversationSeq"));
  const itemById = and(
    eq(conversationItems.tenant, placeholder("tenant")),
    eq(conversationItems.itemId, placeholder("itemId")),
    ofConversation,
  );
  return {
    insert: orm
      .insert(conversations)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        createdAt: placeholder("createdAt"),
        metadata: placeholder("metadata"),
        lastActiveAt: placeholder("now"),
      })
      .prepare(),
    select: orm.select(fields).from(conversations).where(byId).prepare(),
    update: orm
      .update(conversations)
      .set({
        metadata: sql`${placeholder("metadata")}`,
        lastActiveAt: sql`max(${conversations.lastActiveAt}, ${placeholder("now")})`,
      })
      .where(byId)
      .returning(fields)
      .prepare(),
    delete: orm.delete(conversations).where(byId).prepare(),
    item: orm.select({ item, position }).from(conversationItems).where(itemById).prepare(),
    deleteItem: orm.delete(conversationItems).where(itemById).prepare(),
    allItems: orm
      .select({ item })
      .from(conversationItems)
      .where(ofConversation)
      .orderBy(asc(position))
      .prepare(),
    itemsAfter: orm
      .select({ item })
      .from(conversationItems)
      .where(and(ofConversation, gt(position, placeholder("from"))))
      .orderBy(asc(position))
      .limit(placeholder("limit"))
      .prepare(),
    itemsBefore: orm
      .select({ item })
      .from(conversationItems)
      .where(and(ofConversation, lt(position, placeholder("from"))))
      .orderBy(desc(position))
      .limit(placeholder("limit"))
      .prepare(),
  };
}
