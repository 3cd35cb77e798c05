import type { ConversationStore } from "@gateway/engine";
import type { ConversationObject, Item, Page, PageQuery } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import {
  type AppendItems,
  type FindConversation,
  nowInSeconds,
  prepareAppendItems,
  prepareFindConversation,
  prepareTouchConversation,
  type TouchConversation,
  toItemRow,
} from "./conversation-items.ts";
import { type ConversationStatements, prepareConversationStatements } from "./conversation-statements.ts";
import type { GroupCommit } from "./group-commit.ts";
import { parseInSlices } from "./parse-in-slices.ts";

/** Conversations in SQLite. */
export class SqliteConversationStore implements ConversationStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: ConversationStatements;
  readonly #find: FindConversation;
  readonly #touch: TouchConversation;
  readonly #appendItems: AppendItems;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareConversationStatements(orm);
    this.#find = prepareFindConversation(orm);
    this.#touch = prepareTouchConversation(orm);
    this.#appendItems = prepareAppendItems(orm);
  }

  async create(tenant: string, conversation: ConversationObject, items: readonly Item[]): Promise<void> {
    const { id, created_at: createdAt } = conversation;
    const metadata = JSON.stringify(conversation.metadata);
    const rows = items.map(toItemRow);
    await this.#writer.write(() => {
      const { lastInsertRowid } = this.#statements.insert.run({
        tenant,
        id,
        createdAt,
        metadata,
        now: nowInSeconds(),
      });
      this.#appendItems(tenant, Number(lastInsertRowid), rows);
    }, charsOf(rows));
  }

  async get(tenant: string, id: string): Promise<ConversationObject | undefined> {
    return reading(() => toConversation(this.#statements.select.get({ tenant, id })));
  }

  async update(
    tenant: string,
    id: string,
    metadata: Record<string, string>,
  ): Promise<ConversationObject | undefined> {
    const json = JSON.stringify(metadata);
    const row = await this.#writer.write(() =>
      this.#statements.update.get({ tenant, id, metadata: json, now: nowInSeconds() }),
    );
    return toConversation(row);
  }

  /** The items go with the conversation; those that responses put there stay in their responses. */
  async delete(tenant: string, id: string): Promise<boolean> {
    return this.#erase(() => this.#statements.delete.run({ tenant, id }).changes > 0);
  }

  async append(tenant: string, id: string, items: readonly Item[]): Promise<Item[] | undefined> {
    const rows = items.map(toItemRow);
    const ids = await this.#writer.write(() => {
      const seq = this.#find(tenant, id);
      if (seq === undefined) return undefined;
      this.#touch(seq);
      return this.#appendItems(tenant, seq, rows);
    }, charsOf(rows));
    return ids && items.map((item, index) => ({ ...item, id: ids[index] ?? item.id }));
  }

  async items(tenant: string, id: string): Promise<Item[] | undefined> {
    return reading(async () => {
      const conversationSeq = this.#find(tenant, id);
      if (conversationSeq === undefined) return undefined;
      const rows = this.#statements.allItems.all({ conversationSeq });
      return (await parseInSlices(rows.map(({ item }) => item))) as Item[];
    });
  }

  async page(tenant: string, id: string, query: PageQuery): Promise<Page<Item> | undefined> {
    return reading(() => {
      const conversationSeq = this.#find(tenant, id);
      if (conversationSeq === undefined) return undefined;
      const ascending = query.order === "asc";
      let from = ascending ? 0 : Number.MAX_SAFE_INTEGER;
      if (query.after !== undefined) {
        const row = this.#statements.item.get({ tenant, itemId: query.after, conversationSeq });
        if (row === undefined) return undefined;
        from = row.position;
      }
      const statement = ascending ? this.#statements.itemsAfter : this.#statements.itemsBefore;
      // One more than asked for tells whether there are more.
      const rows = statement.all({ conversationSeq, from, limit: query.limit + 1 });
      return { data: rows.slice(0, query.limit).map(toItem), hasMore: rows.length > query.limit };
    });
  }

  async getItem(tenant: string, id: string, itemId: string): Promise<Item | undefined> {
    return reading(() => {
      const conversationSeq = this.#find(tenant, id);
      const row = conversationSeq && this.#statements.item.get({ tenant, itemId, conversationSeq });
      return row ? toItem(row) : undefined;
    });
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    return this.#erase(() => {
      const conversationSeq = this.#find(tenant, id);
      if (conversationSeq === undefined) return false;
      this.#touch(conversationSeq);
      return this.#statements.deleteItem.run({ tenant, itemId, conversationSeq }).changes > 0;
    });
  }

  async #erase(job: () => boolean): Promise<boolean> {
    const erased = await this.#writer.write(job);
    if (erased) this.#erased();
    return erased;
  }
}

function toItem({ item }: { item: string }): Item {
  return JSON.parse(item) as Item;
}

function charsOf(rows: readonly { json: string }[]): number {
  return rows.reduce((sum, { json }) => sum + json.length, 0);
}

function toConversation(
  row: { id: string; createdAt: number; metadata: string } | undefined,
): ConversationObject | undefined {
  if (row === undefined) return undefined;
  const metadata = JSON.parse(row.metadata) as Record<string, string>;
  return { id: row.id, object: "conversation", created_at: row.createdAt, metadata };
}
