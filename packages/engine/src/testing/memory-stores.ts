import {
  type ConversationObject,
  encodeEvent,
  type Item,
  type Page,
  type PageQuery,
  pageOf,
  type ResponseEvent,
  type ResponseObject,
} from "@gateway/protocol";
import {
  type ConversationStore,
  type EventBatch,
  joinsConversation,
  type ResponseRecord,
  type ResponseStore,
  type UnfinishedResponse,
} from "../stores.ts";

type Method = "begin" | "append" | "finish" | "get" | "delete" | "chain" | "findItems" | "items";

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
  /** Jobs that were queued with a response. */
  readonly queued: { tenant: string; id: string; payload: unknown }[] = [];
  /** How often events were read. */
  reads = 0;
  readonly #logs = new Map<string, string[]>();
  readonly #conversations: ConversationStore;

  constructor(conversations: ConversationStore) {
    this.#conversations = conversations;
  }

  async begin(
    tenant: string,
    record: ResponseRecord,
    events: readonly ResponseEvent[] = [],
    job?: { payload: unknown },
  ): Promise<void> {
    const copy = structuredClone(record);
    const log = toBatch(events);
    await meet(this.faults, "begin");
    this.#write(tenant, copy);
    this.#log(tenant, copy.response.id, log);
    if (job) this.queued.push({ tenant, id: copy.response.id, payload: structuredClone(job.payload) });
  }

  async append(tenant: string, id: string, events: readonly ResponseEvent[]): Promise<void> {
    const log = toBatch(events);
    await meet(this.faults, "append");
    if (this.#rows.get(`${tenant} ${id}`) !== undefined) this.#log(tenant, id, log);
  }

  async finish(tenant: string, record: ResponseRecord, events: readonly ResponseEvent[] = []): Promise<void> {
    const copy = structuredClone(record);
    const log = toBatch(events);
    await meet(this.faults, "finish");
    this.#write(tenant, copy);
    this.#log(tenant, copy.response.id, log);
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

  async events(tenant: string, id: string, after: number): Promise<EventBatch | undefined> {
    this.reads++;
    if (this.#rows.get(`${tenant} ${id}`) === undefined) return undefined;
    return { first: after + 1, events: (this.#logs.get(`${tenant} ${id}`) ?? []).slice(after + 1) };
  }

  async unfinished(): Promise<UnfinishedResponse[]> {
    return [...this.#rows].flatMap(([key, record]) => {
      const unfinished = record?.response.status === "queued" || record?.response.status === "in_progress";
      return unfinished ? [{ tenant: key.split(" ")[0] ?? "", record: structuredClone(record) }] : [];
    });
  }

  /** Takes a job out of the queue. */
  dropJob(id: string): void {
    const left = this.queued.filter((job) => job.id !== id);
    this.queued.splice(0, this.queued.length, ...left);
  }

  /** Begins with what another store has now. */
  copyFrom(other: MemoryResponses): void {
    for (const [key, record] of other.#rows) this.#rows.set(key, structuredClone(record));
    for (const [key, log] of other.#logs) this.#logs.set(key, [...log]);
    for (const [key, previous] of other.#previous) this.#previous.set(key, previous);
  }

  /** All responses of all tenants that are there, in the order in which they began. */
  all(): ResponseObject[] {
    return [...this.#rows.values()].flatMap((record) => (record ? [structuredClone(record.response)] : []));
  }

  /** Takes the log of a response away, as retention does. */
  dropLog(tenant: string, id: string): void {
    this.#logs.delete(`${tenant} ${id}`);
  }

  /** What is logged must go on where the log ends. */
  #log(tenant: string, id: string, batch: EventBatch | undefined): void {
    if (batch === undefined) return;
    const log = this.#logs.get(`${tenant} ${id}`) ?? [];
    if (batch.first !== log.length)
      throw new Error(`event ${batch.first} is logged behind ${log.length} others`);
    this.#logs.set(`${tenant} ${id}`, [...log, ...batch.events]);
  }

  #write(tenant: string, record: ResponseRecord): void {
    const { id, status, previous_response_id } = record.response;
    this.#rows.set(`${tenant} ${id}`, record);
    this.#previous.set(`${tenant} ${id}`, previous_response_id);
    this.written.push(status);
  }
}

function toBatch(events: readonly ResponseEvent[]): EventBatch | undefined {
  const [first] = events;
  return first && { first: first.sequence_number, events: events.map(encodeEvent) };
}
