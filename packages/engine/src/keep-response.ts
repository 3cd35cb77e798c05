import type { Item, ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { joinsConversation, type ResponseRecord } from "./stores.ts";

/** Stores one response while it runs. */
export interface Keeper {
  /** True where the response stands in the store while it runs. */
  readonly begins: boolean;
  /**
   * Writes the response as it is now, with its next events: at its beginning, after each call that was approved of, once
   * all calls of a turn of the model have run, and in the background after each of them (`tools/run-server-calls.ts`).
   */
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
  const keeps = store && logs;
  /** What could not be written goes with the next write: the log has no gaps. */
  let unwritten: readonly ResponseEvent[] = [];
  const write = async (
    events: readonly ResponseEvent[],
    to: (events: readonly ResponseEvent[]) => Promise<void>,
  ): Promise<void> => {
    const due = unwritten.length === 0 ? events : [...unwritten, ...events];
    unwritten = due;
    await to(due);
    unwritten = [];
    running.notify(tenant, id, due);
  };
  return {
    begins: keeps,
    async checkpoint(events) {
      if (keeps) await write(events, (due) => responses.begin(tenant, record, due));
    },
    async append(events) {
      if (keeps) await write(events, (due) => responses.append(tenant, id, due));
    },
    async finish(events, terminal) {
      if (keeps) {
        unwritten = [...unwritten, ...events];
        const due = [...unwritten, ...terminal];
        await responses.finish(tenant, record, due);
        running.notify(tenant, id, due);
      } else if (store) await responses.finish(tenant, record);
      else if (conversation !== null && joinsConversation(response)) {
        await conversations.append(tenant, conversation.id, [...input, ...(response.output as Item[])]);
      }
    },
  };
}
