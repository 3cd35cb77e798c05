import type { ConversationObject, Item, Page, PageQuery, ResponseObject } from "@gateway/protocol";
import { pageOf } from "@gateway/protocol";
import {
  type ConversationStore,
  joinsConversation,
  type ResponseRecord,
  type ResponseStore,
} from "../stores.ts";

type Method = "begin" | "finish" | "get" | "delete" | "chain" | "findItems" | "items";

/** What goes wrong or is held up in a store, by method; a promise is waited for, an error thrown. */
export type Faults = Partial<Record<Method, Error | Promise<void>>>;

async function meet(faults: Faults, method: Method): Promise<void> {
  const fault = faults[method];
  if (fault instanceof Error) throw fault;
  await fault;
}

/** Conversations in memory, by tenant. */
export class MemoryConversations implements ConversationStore {
  readonly faults: Faults = {};
  readonly #rows = new Map<string, { conversation: ConversationObject; items: Item[] }>();

  async create(tenant: string, conversation: ConversationObject, items: readonly Item[]): Promise<void> {
    this.#rows.set(`${tenant} ${conversation.id}`, structuredClone({ conversation, items: [...items] }));
  }

  async get(tenant: string, id: string): Promise<ConversationObject | undefined> {
    return structuredClone(this.#rows.get(`${tenant} ${id}`)?.conversation);
  }

  async update(
    tenant: string,
    id: string,
    metadata: Record<string, string>,
  ): Promise<ConversationObject | undefined> {
    const row = this.#rows.get(`${tenant} ${id}`);
    if (row) row.conversation.metadata = metadata;
    return this.get(tenant, id);
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    return this.#rows.delete(`${tenant} ${id}`);
  }

  async append(tenant: string, id: string, items: readonly Item[]): Promise<Item[] | undefined> {
    const row = this.#rows.get(`${tenant} ${id}`);
    row?.items.push(...structuredClone([...items]));
    return row && [...items];
  }

  async items(tenant: string, id: string): Promise<Item[] | undefined> {
    await meet(this.faults, "items");
    return structuredClone(this.#rows.get(`${tenant} ${id}`)?.items);
  }

  async page(tenant: string, id: string, query: PageQuery): Promise<Page<Item> | undefined> {
    const items = await this.items(tenant, id);
    return items && pageOf(items, query);
  }

  async getItem(tenant: string, id: string, itemId: string): Promise<Item | undefined> {
    return (await this.items(tenant, id))?.find((item) => item.id === itemId);
  }

  async deleteItem(tenant: string, id: string, itemId: string): Promise<boolean> {
    const items = this.#rows.get(`${tenant} ${id}`)?.items ?? [];
    const index = items.findIndex((item) => item.id === itemId);
    if (index >= 0) items.splice(index, 1);
    return index >= 0;
  }
}

/** Responses in memory, by tenant; what is written is a copy, as it is on a disk. */
export class MemoryResponses implements ResponseStore {
  readonly faults: Faults = {};
  /** The status of every write, in the order in which the writes were done. */
  readonly written: string[] = [];
  readonly #rows = new Map<string, ResponseRecord | undefined>();
  readonly #previous = new Map<string, string | null>();
  readonly #conversations: ConversationStore;

  constructor(conversations: ConversationStore) {
    this.#conversations = conversations;
  }

  async begin(tenant: string, record: ResponseRecord): Promise<void> {
    const copy = structuredClone(record);
    await meet(this.faults, "begin");
    this.#write(tenant, copy);
  }

  async finish(tenant: string, record: ResponseRecord): Promise<void> {
    const copy = structuredClone(record);
    await meet(this.faults, "finish");
    this.#write(tenant, copy);
    const { conversation, output } = copy.response;
    if (conversation === null || !joinsConversation(copy.response)) return;
    await this.#conversations.append(tenant, conversation.id, [...copy.input, ...(output as Item[])]);
  }

  async get(tenant: string, id: string): Promise<ResponseRecord | undefined> {
    await meet(this.faults, "get");
    return structuredClone(this.#rows.get(`${tenant} ${id}`));
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const key = `${tenant} ${id}`;
    const found = this.#rows.get(key) !== undefined;
    if (found) this.#rows.set(key, undefined);
    return found;
  }

  async chain(tenant: string, id: string): Promise<Item[] | undefined> {
    await meet(this.faults, "chain");
    if (this.#rows.get(`${tenant} ${id}`) === undefined) return undefined;
    const turns: Item[][] = [];
    for (let at: string | null = id; at !== null; at = this.#previous.get(`${tenant} ${at}`) ?? null) {
      const record = this.#rows.get(`${tenant} ${at}`);
      if (record) turns.unshift([...record.input, ...(record.response.output as Item[])]);
    }
    return structuredClone(turns.flat());
  }

  async findItems(tenant: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>> {
    await meet(this.faults, "findItems");
    const found = new Map<string, Item>();
    for (const [key, record] of this.#rows) {
      if (!record || !key.startsWith(`${tenant} `)) continue;
      const items = [...record.input, ...(record.response.output as Item[])];
      for (const item of items) if (itemIds.includes(item.id)) found.set(item.id, structuredClone(item));
    }
    return found;
  }

  async failUnfinished(error: { code: string; message: string }): Promise<number> {
    const open = [...this.#rows.values()].filter((record) => record?.response.status === "in_progress");
    for (const record of open) if (record) Object.assign(record.response, { status: "failed", error });
    return open.length;
  }

  /** All responses of all tenants that are there, in the order in which they began. */
  all(): ResponseObject[] {
    return [...this.#rows.values()].flatMap((record) => (record ? [structuredClone(record.response)] : []));
  }

  #write(tenant: string, record: ResponseRecord): void {
    const { id, status, previous_response_id } = record.response;
    this.#rows.set(`${tenant} ${id}`, record);
    this.#previous.set(`${tenant} ${id}`, previous_response_id);
    this.written.push(status);
  }
}
