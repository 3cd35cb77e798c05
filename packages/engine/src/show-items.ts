import type { Item } from "@gateway/protocol";
import { nameFoundTools } from "./mcp/name-found-tools.ts";
import { openMcpView } from "./mcp/show-mcp-items.ts";
import { nameOfItems, type Offer } from "./tools/offer-tools.ts";
import { openCallView } from "./tools/show-calls.ts";
import type { Sources } from "./tools/sources.ts";

/** What items are shown with. */
export interface Showing {
  offer: Offer;
  sources: Sources;
  /** Reads the files in items, and gives as many; left out where they were read before. */
  resolve?: (shown: readonly Item[]) => Promise<readonly Item[]>;
  /** Ids of requests for approval whose calls are about to be carried out. */
  pending?: readonly string[];
}

/**
 * What a model is shown of each of the items, oldest first: messages, thoughts, function calls and their outputs, for
 * backends know nothing else.
 */
export async function showItems(
  items: readonly Item[],
  { offer, sources, resolve, pending = [] }: Showing,
): Promise<Item[][]> {
  const named = nameFoundTools(items, offer.servers);
  const asMcp = openMcpView(named, offer.servers, pending);
  const asCall = openCallView(named, offer.clients);
  const views = named.map((item) => asMcp(item) ?? asCall(item));
  const all = views.flat();
  const read = resolve === undefined ? all : await resolve(all);
  let end = 0;
  return views.map(({ length }) => {
    const start = end;
    end += length;
    return sources.show(read.slice(start, end), (type, action) => nameOfItems(offer, type, action));
  });
}
