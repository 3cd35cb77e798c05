import {
  badRequest,
  type CompactionItem,
  type CreateRequest,
  type Item,
  notFound,
  responseIdOfItem,
  unprocessable,
} from "@gateway/protocol";
import { type CompactionContent, openCompaction } from "./compaction/compaction-content.ts";
import { asksForCompaction } from "./compaction/compactor.ts";
import { expandCompactions } from "./compaction/expand-compactions.ts";
import type { RequestScope } from "./engine-deps.ts";
import { pairCalls } from "./pair-calls.ts";
import { type Given, resolveInput } from "./resolve-input.ts";
import type { RunningResponses } from "./running-responses.ts";
import type { Sealer } from "./sealer.ts";
import type { ConversationStore, ResponseStore } from "./stores.ts";

/** What the model is shown, and which part of it is new. */
export interface Context {
  /** History and input, oldest first, fit to be sent; compactions are replaced by what they stand for. */
  items: Item[];
  /** Summaries of what was compacted, by the ids of the messages that carry them. */
  summaries: ReadonlyMap<string, string>;
  /** History and input as they are stored, from the last compaction on that covers what is before it. */
  stored: Item[];
  /** This request's own input with ids: what is stored with the response. */
  input: Item[];
  /** Where in the request's own input each of its items stands, by item id; for errors. */
  places: ReadonlyMap<string, number>;
}

interface Stores {
  responses: ResponseStore;
  conversations: ConversationStore;
  running: RunningResponses;
  sealer: Sealer;
}

type Scope = Pick<RequestScope, "tenant" | "memory" | "onFault">;

/**
 * Collects the context of a request: the chain of `previous_response_id` or the conversation's items, then
 * its own input with references resolved, results that are kept and ids filled in, and without what the history has
 * already. No id is in it twice: cursors of lists could not tell where they stand. Throws a 404 where a response,
 * conversation or item does not exist (for this tenant), a 422 where calls and outputs do not pair up, or a compaction of
 * the input cannot be opened. One of the history that cannot is passed over.
 */
export async function loadContext(
  request: CreateRequest,
  responseId: string,
  scope: Scope,
  stores: Stores,
): Promise<Context> {
  const { tenant } = scope;
  const history = await loadHistory(request, scope, stores);
  const known = new Map(history.map((item) => [item.id, item]));
  const resolved = await resolveInput(request.input, { known, responseId, tenant }, stores.responses);
  const given = withoutShown(resolved, history, ({ encrypted_content: sealed }) =>
    openCompaction(sealed, tenant, stores.sealer),
  );
  const whole = [...history, ...given.map(({ item }) => item)];
  const own = history.length;
  const { front, expanded, start, summaries } = expandCompactions(whole, own, (item, place) => {
    const content = openCompaction(item.encrypted_content, tenant, stores.sealer);
    if (content === undefined && place >= own) throw cannotOpen(given[place - own]?.place);
    if (content === undefined) tellOf(item, scope);
    return content;
  });
  // What comes out of a compaction of the input is as much the caller's as the input itself.
  const before = expanded.filter(({ from }) => from < own);
  const after = expanded.filter(({ from }) => from >= own);
  const paired = pairCalls(
    before.map(({ item }) => item),
    after.map(({ item }) => item),
    after.map(({ from, itself }) => (itself ? (given[from - own]?.place ?? -1) : -1)),
    {
      mayWait: asksForCompaction(request),
      summaries,
      covered: history.slice(0, start),
      named: namedIn(given, responseId),
    },
  );
  const isNew = ({ id }: Item) => !paired.repeated.has(id);
  return {
    items: [...front, ...paired.items],
    summaries,
    stored: whole.slice(start).filter(isNew),
    input: given.map(({ item }) => item).filter(isNew),
    places: new Map(given.map(({ item, place }) => [item.id, place])),
  };
}

/** The ids of the input that were not filled in here. */
function namedIn(given: readonly Given[], responseId: string): Set<string> {
  return new Set(given.map(({ item }) => item.id).filter((id) => responseIdOfItem(id) !== responseId));
}

/** The input without copies of what the model is shown anyway: a reference to that adds nothing. */
function withoutShown(
  given: readonly Given[],
  history: readonly Item[],
  open: (item: CompactionItem) => CompactionContent | undefined,
): readonly Given[] {
  if (!given.some(({ copyOf }) => copyOf !== undefined)) return given;
  const own = given.flatMap(({ item, copyOf }) => (copyOf === undefined ? [item] : []));
  const { front, expanded } = expandCompactions([...history, ...own], history.length, open);
  const shown = new Set([...front, ...expanded.map(({ item }) => item)].map(({ id }) => id));
  return given.filter(({ copyOf }) => copyOf === undefined || !shown.has(copyOf));
}

/**
 * Adds to a context what a former process has brought to an end. A compaction among it counts for all that was before.
 * `tokens` is what its summaries have cost.
 */
export function addDone(
  context: Pick<Context, "items" | "summaries">,
  done: readonly Item[],
  scope: Scope,
  sealer: Sealer,
): Pick<Context, "items" | "summaries"> & { tokens: number } {
  if (done.length === 0) return { ...context, tokens: 0 };
  let tokens = 0;
  const items = [...context.items, ...done];
  const found = expandCompactions(items, context.items.length, (item) => {
    const content = openCompaction(item.encrypted_content, scope.tenant, sealer);
    if (content === undefined) tellOf(item, scope);
    tokens += content?.tokens ?? 0;
    return content;
  });
  return {
    items: [...found.front, ...found.expanded.map(({ item }) => item)],
    summaries: new Map([...context.summaries, ...found.summaries]),
    tokens,
  };
}

function tellOf({ id }: CompactionItem, scope: Scope): void {
  scope.onFault(`the compacted context in '${id}' cannot be opened; the model is not shown it`);
}

function cannotOpen(place: number | undefined) {
  return unprocessable(
    "The compacted context cannot be opened: it was changed, or comes from another server or tenant. Send the items that it stood for, or begin anew.",
    { param: `input[${place}].encrypted_content`, code: "invalid_encrypted_content" },
  );
}

async function loadHistory(
  request: CreateRequest,
  { tenant, memory }: Scope,
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
