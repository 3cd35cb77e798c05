import type { Item, OutputItem } from "@gateway/protocol";
import type { Emit, OpenItem } from "../open-item.ts";

/** What the item of a call says of its turn. An addition of this server. */
interface Parallel {
  /** The id of the first call of the same turn of the model; left out in that one itself. */
  parallel_to?: string;
}

/** What the calls of one turn of the model have in common: the id of the first of them. */
export function turnOf(item: Item | OutputItem): string {
  const { parallel_to: first } = item as Parallel;
  return typeof first === "string" ? first : item.id;
}

/**
 * Opens the item of a call that belongs to a turn, as {@link turnOf} names it; the first of a turn where that is undefined.
 * The item says so from its `added` event on.
 */
export function openInTurn<T extends OpenItem>(
  turn: string | undefined,
  emit: Emit,
  make: (emit: Emit) => T,
): T {
  if (turn === undefined) return make(emit);
  const mark: Parallel = { parallel_to: turn };
  const open = make((event) => {
    if (event.type === "response.output_item.added" && event.item.id !== turn)
      Object.assign(event.item, mark);
    emit(event);
  });
  if (open.item.id !== turn) Object.assign(open.item, mark);
  return open;
}

/** Items of a turn that tell of calls which were not carried out, as parts of that turn. */
export function placeInTurn(turn: string | undefined, items: readonly Item[]): Item[] {
  const first = turn ?? items[0]?.id;
  return items.map((item) =>
    item.type === "function_call" && item.id !== first ? { ...item, parallel_to: first } : item,
  );
}

/** An item of the context, and what the model is shown of it. */
interface ShownItem {
  item: Item;
  shown: readonly Item[];
}

/**
 * What a model is shown, in order: of the calls of one turn all come before their outputs, as the model wrote them. Calls
 * of which nothing says that they were made together stay apart. One that was approved of stands where it was asked for.
 */
export function joinTurns(given: readonly ShownItem[]): Item[] {
  const entries = placeApproved(given);
  const ends = new Map<string, number>();
  for (const [place, { item }] of entries.entries()) ends.set(turnOf(item), place);
  const joined: Item[] = [];
  const outputs: Item[] = [];
  let end = -1;
  for (const [place, { item, shown }] of entries.entries()) {
    if (isOfOthers(item)) end = -1;
    else if (place > end) end = ends.get(turnOf(item)) ?? place;
    for (const one of shown) {
      if (place <= end && one.type === "function_call_output") outputs.push(one);
      else {
        if (place > end) joined.push(...outputs.splice(0));
        joined.push(one);
      }
    }
    if (place >= end) joined.push(...outputs.splice(0));
  }
  return joined;
}

/**
 * The items with what was carried out, or refused, once the caller had approved of it shown in the place of the request for
 * that: it is part of the turn in which the model wrote it. Where the model has written more since the request, what
 * it was told then of the call stays as it was.
 */
function placeApproved(entries: readonly ShownItem[]): readonly ShownItem[] {
  const requests = new Map<string, { place: number; turn: number; outcome?: Item[] }>();
  const placed = [...entries];
  let turn = 0;
  let answered = false;
  for (const [place, { item, shown }] of entries.entries()) {
    const request = requests.get(approvedOf(item) ?? "");
    if (request !== undefined) {
      const at = placed[request.place];
      if (request.turn !== turn || at === undefined) continue;
      if (request.outcome === undefined) {
        request.outcome = [...at.shown];
        placed[request.place] = { item: at.item, shown: request.outcome };
      }
      request.outcome.push(...shown);
      placed[place] = { item, shown: [] };
      continue;
    }
    if (isOfOthers(item) || isAnswer(item)) answered = true;
    else if (answered && isOfTurn(item)) {
      turn++;
      answered = false;
    }
    if (item.type === "mcp_approval_request") requests.set(item.id, { place, turn });
  }
  return placed;
}

/** The id of the request for approval that an item is the outcome of, where it is one. */
function approvedOf(item: Item): string | undefined {
  if (item.type === "mcp_call") return item.approval_request_id ?? undefined;
  // What the model is told of an approved call that there was no room for.
  if (item.type === "function_call" || item.type === "function_call_output") return item.call_id;
  return undefined;
}

/** True for what a caller answers a turn with. A search that was made here has its outcome behind it. */
function isAnswer({ type }: Item): boolean {
  return type === "mcp_approval_response" || (type.endsWith("_output") && type !== "tool_search_output");
}

/** True for what a model writes in its turn. */
function isOfTurn({ type }: Item): boolean {
  return (
    type === "message" || type === "reasoning" || type === "mcp_approval_request" || type.endsWith("_call")
  );
}

/** True for a message that is not the model's own: no turn goes on behind it. */
function isOfOthers(item: Item): boolean {
  return item.type === "message" && item.role !== "assistant";
}
