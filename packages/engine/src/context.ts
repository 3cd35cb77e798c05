import {
  badRequest,
  type CreateRequest,
  type InputItem,
  type Item,
  itemIdOf,
  itemPrefix,
  newId,
  notFound,
  toStoredItem,
} from "@gateway/protocol";
import type { RequestScope } from "./engine-deps.ts";
import { pairCalls } from "./pair-calls.ts";
import type { RunningResponses } from "./running-responses.ts";
import type { ConversationStore, ResponseStore } from "./stores.ts";

/** What the model is shown, and which part of it is new. */
export interface Context {
  /** History and input, oldest first, fit to be sent. */
  items: Item[];
  /** This request's own input with ids: what is stored with the response. */
  input: Item[];
  /** Where in the request's own input each of its items stands, by item id; for errors. */
  places: ReadonlyMap<string, number>;
}

interface Stores {
  responses: ResponseStore;
  conversations: ConversationStore;
  running: RunningResponses;
}

/**
 * Collects the context of a request: the chain of `previous_response_id` or the conversation's items, then
 * its own input with references resolved and ids filled in. No id is in it twice: cursors of lists could not
 * tell where they stand. Throws a 404 where a response, conversation or item does not exist (for this tenant),
 * a 422 where calls and outputs do not pair up.
 */
export async function loadContext(
  request: CreateRequest,
  responseId: string,
  scope: Pick<RequestScope, "tenant" | "memory">,
  stores: Stores,
): Promise<Context> {
  const { tenant } = scope;
  const history = await loadHistory(request, scope, stores);
  const known = new Set(history.map(({ id }) => id));
  const { input, places } = await resolveInput(request.input, known, responseId, tenant, stores);
  const byId = new Map(input.map(({ id }, position) => [id, places[position] ?? -1]));
  return { items: pairCalls(history, input, places), input, places: byId };
}

async function loadHistory(
  request: CreateRequest,
  { tenant, memory }: Pick<RequestScope, "tenant" | "memory">,
  stores: Stores,
): Promise<Item[]> {
  const { previous_response_id: previous, conversation } = request;
  if (previous !== undefined) {
    const remembered = memory?.get(previous);
    if (remembered !== undefined) return [...remembered];
    // Asked before the read: what ends in between is read as it was while it ran. One that was deleted is not there,
    // also while its work is being stopped.
    const runs = stores.running.changed(tenant, previous) !== undefined;
    const items = await stores.responses.chain(tenant, previous);
    if (items && runs) {
      throw badRequest(`Response '${previous}' is still in progress. Wait until it has ended.`, {
        param: "previous_response_id",
        code: "previous_response_in_progress",
      });
    }
    if (items) return items;
    throw notFound(`Previous response with id '${previous}' not found.`, {
      param: "previous_response_id",
      code: "previous_response_not_found",
    });
  }
  if (conversation !== undefined) {
    const items = await stores.conversations.items(tenant, conversation);
    if (items) return items;
    throw notFound(`Conversation with id '${conversation}' not found.`, { param: "conversation" });
  }
  return [];
}

/**
 * The input as whole items, and where in the request each of them stands. A reference to an item of the
 * history (`known` are its ids) adds nothing: the model is shown that item anyway. An item of the caller's own
 * under an id of the history may say something new, so it gets another id.
 */
async function resolveInput(
  input: CreateRequest["input"],
  known: ReadonlySet<string>,
  responseId: string,
  tenant: string,
  stores: Stores,
): Promise<{ input: Item[]; places: number[] }> {
  const items: InputItem[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : (input ?? []);
  const references = items.flatMap((item) =>
    item.type === "item_reference" && !known.has(item.id) ? [item.id] : [],
  );
  const referred =
    references.length === 0 ? noItems : await stores.responses.findItems(tenant, [...new Set(references)]);
  const resolved: Item[] = [];
  const places: number[] = [];
  for (const [index, item] of items.entries()) {
    if (item.type === "item_reference") {
      if (known.has(item.id)) continue;
      const found = referred.get(item.id);
      if (!found) throw notFound(`Item with id '${item.id}' not found.`, { param: `input[${index}].id` });
      resolved.push(found);
    } else {
      const own = namesItself(item) ? item.id : undefined;
      const id = own && !known.has(own) ? own : inputItemId(responseId, item.type, index);
      resolved.push(toStoredItem(item, id));
    }
    places.push(index);
  }
  return { input: resolved, places };
}

/** The id of a local shell's output as callers send it is that of the call. */
function namesItself(item: InputItem): boolean {
  return item.type !== "local_shell_call_output" || item.call_id != null;
}

const noItems: ReadonlyMap<string, Item> = new Map();

/** Ordinals from here on name input items, so that they never meet those of output items. */
const firstInputOrdinal = 0x8000;

function inputItemId(responseId: string, type: string, index: number): string {
  const prefix = itemPrefix(type);
  return index < firstInputOrdinal ? itemIdOf(responseId, prefix, firstInputOrdinal + index) : newId(prefix);
}
