import type {
  ConversationObject,
  Item,
  Page,
  PageQuery,
  ResponseEvent,
  ResponseObject,
} from "@gateway/protocol";

/** A stored response: the object as it was sent, and the input items of its own request, with their ids. */
export interface ResponseRecord {
  response: ResponseObject;
  input: Item[];
}

/** Events of a response that follow each other, as they are sent: what `encodeEvent` makes of each. */
export interface EventBatch {
  /** The `sequence_number` of the first. */
  first: number;
  events: readonly string[];
}

/** A response that has not ended. */
export interface UnfinishedResponse {
  tenant: string;
  record: ResponseRecord;
}

/** True for a response that does not change any more. */
export function hasEnded({ status }: Pick<ResponseObject, "status">): boolean {
  return status !== "queued" && status !== "in_progress";
}

/**
 * Whether a response has an answer that others may go by: one that continues it, and a request that is sent again
 * under its key. One that failed or was cancelled has none; one that a limit has ended has.
 */
export function hasAnswer({ status }: Pick<ResponseObject, "status">): boolean {
  return status === "completed" || status === "incomplete";
}

/**
 * Whether a response that has ended becomes part of its conversation. One that failed or was cancelled does
 * not: its client asks again, and the question would stand there twice.
 */
export function joinsConversation(response: ResponseObject): boolean {
  return hasAnswer(response);
}

/**
 * Keeps responses. Every method is scoped to a tenant; what belongs to another is not found.
 * Reads see every write whose promise has resolved, at once. Records and events are taken as they are at the time of
 * the call. The events of one call have numbers that follow each other; a call whose events have not is rejected.
 */
export interface ResponseStore {
  /**
   * Writes a response that has not ended as it is now, so that it can be found while it runs, and in the same
   * transaction its next events, if any, and a job of kind `respond` with the response's id as its subject, if there
   * is a payload for one. Resolves when the write is durable to the store's own standard. A response that has ended
   * or was deleted meanwhile stays as it is, and nothing is written.
   */
  begin(
    tenant: string,
    record: ResponseRecord,
    events?: readonly ResponseEvent[],
    job?: { payload: unknown },
  ): Promise<void>;
  /**
   * Logs the next events of a response that has begun; the response itself stays as it was written last. Nothing is
   * written, and that is no error, once it has ended or was deleted.
   */
  append(tenant: string, id: string, events: readonly ResponseEvent[]): Promise<void>;
  /**
   * Writes a response that has ended, new or begun, and in the same transaction its last events, if any, and appends
   * its input and output to the conversation it names, if that still exists and the response has an answer
   * ({@link joinsConversation}). Nothing is written if any of it fails, or when it has ended or was deleted before.
   */
  finish(tenant: string, record: ResponseRecord, events?: readonly ResponseEvent[]): Promise<void>;
  /**
   * Logged events with numbers above `after`, in order: the first of those that there are, not necessarily all, as
   * the exact text that was sent. `events` is empty when there are no more, or none were logged. Undefined when the
   * response is not found.
   */
  events(tenant: string, id: string, after: number): Promise<EventBatch | undefined>;
  /** The record, or undefined when there is none or it was deleted. */
  get(tenant: string, id: string): Promise<ResponseRecord | undefined>;
  /**
   * Removes the response, its content and its events. Later responses that continue it keep working, without this turn.
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
  /** All responses, of all tenants, that are `queued` or `in_progress`, oldest first. For the start of a process. */
  unfinished(): Promise<UnfinishedResponse[]>;
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
