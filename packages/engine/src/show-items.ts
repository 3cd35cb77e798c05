import type { Item } from "@gateway/protocol";
import { nameFoundTools } from "./mcp/name-found-tools.ts";
import { showMcpItems } from "./mcp/show-mcp-items.ts";
import { nameOfItems, type Offer } from "./tools/offer-tools.ts";
import { showEachCall } from "./tools/show-calls.ts";
import type { Sources } from "./tools/sources.ts";

/**
 * What a model is shown of each of the items, oldest first: messages, thoughts, function calls and their outputs, for
 * backends know nothing else. `resolve` reads the files in them. `pending` are ids of requests for approval whose calls
 * are about to be carried out.
 */
export async function showItems(
  items: readonly Item[],
  offer: Offer,
  sources: Sources,
  resolve: (shown: readonly Item[]) => Promise<Item[]>,
  pending: readonly string[] = [],
): Promise<Item[][]> {
  const named = nameFoundTools(items, offer.servers);
  const calls = showEachCall(named, offer.clients);
  const shown: Item[][] = [];
  for (const [index, [item, ...more]] of showMcpItems(named, offer.servers, pending).entries()) {
    // An item is of one kind: what is left as it is here may be a call of the caller's tools.
    const own = item === named[index] ? (calls[index] ?? []) : item === undefined ? [] : [item, ...more];
    shown.push(sources.show(await resolve(own), (type, action) => nameOfItems(offer, type, action)));
  }
  return shown;
}

/** Leaves items as they are: of what tools have made here all files were read. */
export async function asTheyAre(shown: readonly Item[]): Promise<Item[]> {
  return [...shown];
}
