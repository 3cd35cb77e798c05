import {
  type CreateRequest,
  type InputItem,
  type Item,
  itemIdOf,
  itemPrefix,
  newId,
  notFound,
  toStoredItem,
} from "@gateway/protocol";
import { ownIdOf } from "./call-ids.ts";
import { findKept, keptAs, lacksResults } from "./kept-results.ts";
import type { ResponseStore } from "./stores.ts";

/** An item of the request's own input. */
export interface Given {
  item: Item;
  /** Where in the request it stands. */
  place: number;
  /** Set for a copy of an item of the history, which the request refers to: the id of that. */
  copyOf?: string;
}

/** What an input is resolved with. */
export interface InputOrigin {
  /** The history by its ids. */
  known: ReadonlyMap<string, Item>;
  /** The response that the input is for: items without ids get theirs from its. */
  responseId: string;
  tenant: string;
}

/**
 * The input as whole items. A reference to an item of the history becomes a copy under another
 * id: whether the model is shown that item anyway is not known here. So does a call that has run here and comes back
 * without its results, where it says nothing else than the item of its id; of other responses and conversations that is
 * taken itself, as by a reference, and where there is none the call stands as it was sent. An item of the caller's own
 * under an id of the history may say something new, so it gets another id, too. A compaction of the history that comes
 * again adds nothing: it stands where it was made, and here would drop what was said since. All items are looked up at
 * once. Throws a 404 for a reference to nothing.
 */
export async function resolveInput(
  input: CreateRequest["input"],
  { known, responseId, tenant }: InputOrigin,
  responses: Pick<ResponseStore, "findItems">,
): Promise<Given[]> {
  const items: InputItem[] =
    typeof input === "string" ? [{ type: "message", role: "user", content: input }] : (input ?? []);
  const isWanted = (item: InputItem) =>
    !known.has(item.id ?? "") && (item.type === "item_reference" || lacksResults(item));
  const found = await findKept(items, isWanted, tenant, responses);
  const resolved: Given[] = [];
  for (const [place, item] of items.entries()) {
    const former = item.id ? known.get(item.id) : undefined;
    // It says what to do with the context and is no part of it.
    if (item.type === "compaction_trigger" || isSameCompaction(item, former)) continue;
    const meant = meantBy(item, former ?? found.get(item.id ?? ""));
    if (meant === undefined) {
      if (item.type === "item_reference")
        throw notFound(`Item with id '${item.id}' not found.`, { param: `input[${place}].id` });
      const own = ownIdOf(item);
      const id = own && !former ? own : inputItemId(responseId, item.type, place);
      resolved.push({ item: toStoredItem(item, id), place });
    } else if (meant === former) {
      const copy = { ...former, id: inputItemId(responseId, former.type, place) };
      resolved.push({ item: copy, place, copyOf: former.id });
    } else resolved.push({ item: meant, place });
  }
  return resolved;
}

/**
 * The item that an item of the input stands for, of which `stored` is that of its id; undefined for one that stands for
 * itself.
 */
function meantBy(item: InputItem, stored: Item | undefined): Item | undefined {
  if (item.type === "item_reference") return stored;
  return lacksResults(item) ? keptAs(item, stored) : undefined;
}

/** True where an item of the input is, or refers to, a compaction that stands in the history. */
function isSameCompaction(item: InputItem, former: Item | undefined): boolean {
  if (former?.type !== "compaction") return false;
  return (
    item.type === "item_reference" ||
    (item.type === "compaction" && item.encrypted_content === former.encrypted_content)
  );
}

/** Ordinals from here on name input items, so that they never meet those of output items. */
const firstInputOrdinal = 0x8000;

function inputItemId(responseId: string, type: string, index: number): string {
  const prefix = itemPrefix(type);
  return index < firstInputOrdinal ? itemIdOf(responseId, prefix, firstInputOrdinal + index) : newId(prefix);
}
