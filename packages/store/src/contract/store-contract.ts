import type { Store } from "../store.ts";
import { concurrencyContract } from "./concurrency-contract.ts";
import { conversationStoreContract } from "./conversation-store-contract.ts";
import { itemLookupContract } from "./item-lookup-contract.ts";
import { responseChainContract } from "./response-chain-contract.ts";
import { responseStoreContract } from "./response-store-contract.ts";

/**
 * Everything an implementation of the stores must do, as tests. `open` gives a new, empty store for each
 * test; it is closed after it.
 */
export function storeContract(name: string, open: () => Store | Promise<Store>): void {
  responseStoreContract(name, open);
  responseChainContract(name, open);
  itemLookupContract(name, open);
  conversationStoreContract(name, open);
  concurrencyContract(name, open);
}
