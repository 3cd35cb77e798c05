import { type InputItem, type Item, itemPrefix, newId, toStoredItem, unprocessable } from "@gateway/protocol";
import { ownIdOf } from "./call-ids.ts";
import { findKept, keptAs, lacksResults } from "./kept-results.ts";
import type { ResponseStore } from "./stores.ts";

/**
 * The items that a caller puts into a conversation, as they are stored: each with an id, and calls that have run here
 * with the results that are kept under their ids, where they come without. Throws a 422 that names the item for a mere
 * reference, and for an id that comes twice.
 */
export async function toConversationItems(
  items: readonly InputItem[],
  tenant: string,
  responses: Pick<ResponseStore, "findItems">,
): Promise<Item[]> {
  const ids = new Set<string>();
  const kept = await findKept(items, lacksResults, tenant, responses);
  return items.map((item, index) => {
    if (item.type === "item_reference") {
      throw unprocessable("A conversation takes whole items, not references.", {
        param: `items[${index}].type`,
        code: "unsupported_value",
      });
    }
    const id = ownIdOf(item) ?? newId(itemPrefix(item.type));
    if (ids.has(id))
      throw unprocessable(`Duplicate item found with id ${id}.`, { param: `items[${index}].id` });
    ids.add(id);
    return keptAs(item, kept.get(id)) ?? toStoredItem(item, id);
  });
}
