import { encodeEvent, type Item, type ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { type EventBatch, joinsConversation, type ResponseRecord } from "./stores.ts";

/** Stores one response while it runs. */
export interface Keeper {
  /** Writes the response as it is now, with its next events: at its beginning, and after each tool that has run. */
  checkpoint(events: readonly ResponseEvent[]): Promise<void>;
  /** Logs its next events. */
  append(events: readonly ResponseEvent[]): Promise<void>;
  /**
   * Writes the response as it has ended, with its last events and the terminal one. Rejects where it cannot be; then the
   * terminal event is forgotten, for it may become another.
   */
  finish(events: readonly ResponseEvent[], terminal: readonly ResponseEvent[]): Promise<void>;
}

/**
 * Stores a response as it begins, its events before anyone is sent them, and the response as it ends. Events are only
 * kept where `logs` is true: what nobody has seen can be told again from the response itself. Where `store` is false
 * nothing of it is kept, but the conversation it belongs to still gains its items.
 */
export function keepResponse(
  record: ResponseRecord,
  logs: boolean,
  scope: RequestScope,
  { responses, conversations, running }: Pick<EngineDeps, "responses" | "conversations" | "running">,
): Keeper {
  const { response, input } = record;
  const { id, store, conversation } = response;
  const { tenant } = scope;
  /** What could not be written goes with the next write: the log has no gaps. */
  let unwritten: readonly ResponseEvent[] = [];
  const write = async (
    events: readonly ResponseEvent[],
    to: (batch: EventBatch | undefined) => Promise<void>,
  ): Promise<void> => {
    unwritten = [...unwritten, ...events];
    const batch = toBatch(unwritten);
    await to(batch);
    unwritten = [];
    running.notify(tenant, id, batch);
  };
  return {
    async checkpoint(events) {
      if (store && logs) await write(events, (batch) => responses.begin(tenant, record, batch));
    },
    async append(events) {
      if (store && logs) await write(events, async (batch) => batch && responses.append(tenant, id, batch));
    },
    async finish(events, terminal) {
      if (store && logs) {
        unwritten = [...unwritten, ...events];
        const batch = toBatch([...unwritten, ...terminal]);
        await responses.finish(tenant, record, batch);
        running.notify(tenant, id, batch);
      } else if (store) await responses.finish(tenant, record);
      else if (conversation !== null && joinsConversation(response)) {
        await conversations.append(tenant, conversation.id, [...input, ...(response.output as Item[])]);
      }
    },
  };
}

/** Events as they are logged; undefined where there are none. */
export function toBatch(events: readonly ResponseEvent[]): EventBatch | undefined {
  const [first] = events;
  return first && { first: first.sequence_number, events: events.map(encodeEvent) };
}
