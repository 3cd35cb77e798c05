import { joinsConversation, type ResponseRecord, type ResponseStore } from "@gateway/engine";
import type { Item, ResponseObject } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { foreignItemIds } from "../foreign-item-ids.ts";
import { toFailedResponse } from "../to-failed-response.ts";
import {
  type AppendItems,
  type FindConversation,
  prepareAppendItems,
  prepareFindConversation,
  toItemRow,
} from "./conversation-items.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type FindItems, prepareFindItems } from "./item-lookup.ts";
import { prepareReadChain, type ReadChain } from "./response-chain.ts";
import { prepareResponseStatements, type ResponseStatements } from "./response-statements.ts";

/** Responses in SQLite. */
export class SqliteResponseStore implements ResponseStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: ResponseStatements;
  readonly #readChain: ReadChain;
  readonly #findItems: FindItems;
  readonly #findConversation: FindConversation;
  readonly #appendItems: AppendItems;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareResponseStatements(orm);
    this.#readChain = prepareReadChain(orm);
    this.#findItems = prepareFindItems(orm);
    this.#findConversation = prepareFindConversation(orm);
    this.#appendItems = prepareAppendItems(orm);
  }

  async begin(tenant: string, record: ResponseRecord): Promise<void> {
    await this.#write(tenant, record, undefined);
  }

  async finish(tenant: string, record: ResponseRecord): Promise<void> {
    const { response } = record;
    await this.#write(tenant, record, joinsConversation(response) ? response.conversation?.id : undefined);
  }

  async get(tenant: string, id: string): Promise<ResponseRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      if (row?.response == null || row.input === null) return undefined;
      return { response: JSON.parse(row.response) as ResponseObject, input: JSON.parse(row.input) as Item[] };
    });
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#statements.erase.get({ tenant, id });
      if (row === undefined) return false;
      this.#statements.deleteForeignItems.run({ responseSeq: row.seq });
      return true;
    });
    if (deleted) this.#erased();
    return deleted;
  }

  async chain(tenant: string, id: string): Promise<Item[] | undefined> {
    return reading(() => this.#readChain(tenant, id));
  }

  async findItems(tenant: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>> {
    return reading(() => this.#findItems(tenant, itemIds));
  }

  async failUnfinished(error: { code: string; message: string }): Promise<number> {
    return this.#writer.write(() => {
      const rows = this.#statements.selectUnfinished.all();
      for (const { seq, response } of rows) {
        const failed = toFailedResponse(JSON.parse(response ?? "") as ResponseObject, error);
        this.#statements.updateObject.run({ seq, status: failed.status, response: JSON.stringify(failed) });
      }
      return rows.length;
    });
  }

  /**
   * Writes a record over one that has not ended. A row that has ended or was deleted stays as it is, and
   * then nothing else is written either: the first end counts, and what was deleted does not come back.
   */
  #write(tenant: string, record: ResponseRecord, conversation: string | undefined): Promise<void> {
    const { response, input } = record;
    const row = {
      tenant,
      id: response.id,
      previousId: response.previous_response_id,
      conversationId: response.conversation?.id ?? null,
      status: response.status,
      createdAt: response.created_at,
      response: JSON.stringify(response),
      input: JSON.stringify(input),
    };
    const foreign = foreignItemIds(record);
    const items = conversation === undefined ? [] : [...input, ...(response.output as Item[])].map(toItemRow);
    const chars = row.response.length + row.input.length;
    return this.#writer.write(
      () => {
        if (this.#statements.upsert.run(row).changes === 0) return;
        this.#writeForeignItems(tenant, response.id, foreign);
        const seq = conversation === undefined ? undefined : this.#findConversation(tenant, conversation);
        if (seq !== undefined) this.#appendItems(tenant, seq, items);
      },
      items.length === 0 ? chars : 2 * chars,
    );
  }

  #writeForeignItems(tenant: string, id: string, itemIds: readonly string[]): void {
    if (itemIds.length === 0) return;
    const responseSeq = this.#statements.select.get({ tenant, id })?.seq;
    for (const itemId of itemIds) this.#statements.insertForeignItem.run({ tenant, itemId, responseSeq });
  }
}
