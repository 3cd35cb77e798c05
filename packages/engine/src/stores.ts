import type { ConversationObject, Item, Page, PageQuery, ResponseObject } from "@gateway/protocol";

/** A stored response: the object as it was sent, and the input items of its own request, with their ids. */
export interface ResponseRecord {
  response: ResponseObject;
  input: Item[];
}

/**
 * Whether a response that has ended becomes part of its conversation. One that failed or was cancelled does
 * not: its client asks again, and the question would stand there twice.
 */
export function joinsConversation({ status }: ResponseObject): boolean {
  return status === "completed" || status === "incomplete";
}

/**
 * Keeps responses. Every method is scoped to a tenant; what belongs to another is not found.
 * Reads see every write whose promise has resolved, at once.
 */
export interface ResponseStore {
  /**
   * Writes down that a response has begun (status `in_progress`), so that it can be found while it runs.
   * Resolves when the write is durable to the store's own standard.
   */
  begin(tenant: string, record: ResponseRecord): Promise<void>;
  /**
   * Writes a response that has ended, new or begun, and in the same transaction appends its input and
   * output to the conversation it names, if that still exists and the response has an answer
   * ({@link joinsConversation}). Nothing is written if any of it fails.
   */
  finish(tenant: string, record: ResponseRecord): Promise<void>;
  /** The record, or undefined when there is none or it was deleted. */
  get(tenant: string, id: string): Promise<ResponseRecord | undefined>;
  /**
   * Removes the response and its content. Later responses that continue it keep working, without this turn.
   * False when there was nothing to delete.
   */
  delete(tenant: string, id: string): Promise<boolean>;
  /**
   * The items of a response and of all it continues, oldest first: each turn's input, then its output.
   * Deleted turns are passed over. Undefined when `id` itself is not found.
   */
  chain(tenant: string, id: string): Promise<Item[] | undefined>;
  /** Items of any stored responses and conversations, by their ids; what is not found is not in the map. */
  findItems(tenant: string, itemIds: readonly string[]): Promise<ReadonlyMap<string, Item>>;
  /** Marks what a former process left `in_progress` as failed; called once at start. Returns how many. */
  failUnfinished(error: { code: string; message: string }): Promise<number>;
}

/** Keeps conversations and their items, in the order they were added. Scoped to a tenant like responses. */
export interface ConversationStore {
  create(tenant: string, conversation: ConversationObject, items: readonly Item[]): Promise<void>;
  get(tenant: string, id: string): Promise<ConversationObject | undefined>;
  /** Replaces the metadata. Undefined when there is no such conversation. */
  update(
    tenant: string,
    id: string,
    metadata: Record<string, string>,
  ): Promise<ConversationObject | undefined>;
  /** Deletes the conversation; responses made in it stay. False when there was none. */
  delete(tenant: string, id: string): Promise<boolean>;
  /**
   * Appends items in the given order, all or none, and returns them as they are stored: an id that the
   * conversation has already is replaced by a fresh one. Undefined when there is no such conversation.
   */
  append(tenant: string, id: string, items: readonly Item[]): Promise<Item[] | undefined>;
  /** All items, oldest first; undefined when there is no such conversation. */
  items(tenant: string, id: string): Promise<Item[] | undefined>;
  /**
   * A page of items by position. Undefined when there is no such conversation, or no item `after`:
   * the caller tells the two apart with {@link get}.
   */
  page(tenant: string, id: string, query: PageQuery): Promise<Page<Item> | undefined>;
  getItem(tenant: string, id: string, itemId: string): Promise<Item | undefined>;
  deleteItem(tenant: string, id: string, itemId: string): Promise<boolean>;
}
