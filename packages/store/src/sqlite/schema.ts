import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/*
 * The tables as the queries see them; `migrations/` creates them, and a test compares the two.
 * All are ordinary rowid tables: with rows of this size WITHOUT ROWID costs almost three times as much.
 * `seq` and `position` are the rowid, so they also give the order in which rows were written.
 */

/**
 * A row per response. A deleted one stays as a link of the chain, with status `deleted` and without
 * content. `response` and `input` are JSON text, stringified when the store was called.
 */
export const responses = sqliteTable(
  "responses",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    previousId: text("previous_id"),
    conversationId: text("conversation_id"),
    status: text("status").notNull(),
    createdAt: integer("created_at").notNull(),
    response: text("response"),
    input: text("input"),
  },
  (table) => [
    uniqueIndex("responses_by_id").on(table.tenant, table.id),
    index("responses_unfinished").on(table.status).where(sql`status = 'in_progress'`),
  ],
);

/**
 * Where to find items whose id does not carry their response's key. Only those have a row here; all
 * others are found by `responseIdOfItem`.
 */
export const foreignItems = sqliteTable(
  "foreign_items",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    itemId: text("item_id").notNull(),
    responseSeq: integer("response_seq")
      .notNull()
      .references(() => responses.seq),
  },
  (table) => [
    uniqueIndex("foreign_items_of_response").on(table.responseSeq, table.itemId),
    index("foreign_items_by_id").on(table.tenant, table.itemId),
  ],
);

/** A row per conversation; `metadata` is JSON text. */
export const conversations = sqliteTable(
  "conversations",
  {
    seq: integer("seq").primaryKey(),
    tenant: text("tenant").notNull(),
    id: text("id").notNull(),
    createdAt: integer("created_at").notNull(),
    metadata: text("metadata").notNull(),
  },
  (table) => [uniqueIndex("conversations_by_id").on(table.tenant, table.id)],
);

/** A row per item of a conversation, in the order of `position`. They go with their conversation. */
export const conversationItems = sqliteTable(
  "conversation_items",
  {
    position: integer("position").primaryKey(),
    tenant: text("tenant").notNull(),
    conversationSeq: integer("conversation_seq")
      .notNull()
      .references(() => conversations.seq, { onDelete: "cascade" }),
    itemId: text("item_id").notNull(),
    item: text("item").notNull(),
  },
  (table) => [
    uniqueIndex("conversation_items_by_id").on(table.tenant, table.itemId, table.conversationSeq),
    // The rowid is the last column of every index: this one also gives the order.
    index("conversation_items_in_order").on(table.conversationSeq),
  ],
);
