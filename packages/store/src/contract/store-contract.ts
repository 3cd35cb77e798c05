import type { Store } from "../store.ts";
import { blobIndexContract } from "./blob-index-contract.ts";
import { concurrencyContract } from "./concurrency-contract.ts";
import { connectorStoreContract } from "./connector-store-contract.ts";
import { containerStoreContract } from "./container-store-contract.ts";
import { conversationStoreContract } from "./conversation-store-contract.ts";
import { eventLogContract } from "./event-log-contract.ts";
import { fileBatchesContract } from "./file-batches-contract.ts";
import { fileStoreContract } from "./file-store-contract.ts";
import { idempotencyStoreContract } from "./idempotency-store-contract.ts";
import { itemLookupContract } from "./item-lookup-contract.ts";
import { jobStoreContract } from "./job-store-contract.ts";
import { promptStoreContract } from "./prompt-store-contract.ts";
import { responseChainContract } from "./response-chain-contract.ts";
import { responseStoreContract } from "./response-store-contract.ts";
import { retentionContract } from "./retention-contract.ts";
import { storeCountsContract } from "./store-counts-contract.ts";
import { storeFilesContract } from "./store-files-contract.ts";
import { unfinishedResponsesContract } from "./unfinished-responses-contract.ts";
import { uploadStoreContract } from "./upload-store-contract.ts";
import { vectorStoresContract } from "./vector-stores-contract.ts";

/**
 * Everything an implementation of the stores must do, as tests. `open` gives a new, empty store for each
 * test; it is closed after it.
 */
export function storeContract(name: string, open: () => Store | Promise<Store>): void {
  responseStoreContract(name, open);
  eventLogContract(name, open);
  unfinishedResponsesContract(name, open);
  responseChainContract(name, open);
  itemLookupContract(name, open);
  conversationStoreContract(name, open);
  fileStoreContract(name, open);
  uploadStoreContract(name, open);
  blobIndexContract(name, open);
  vectorStoresContract(name, open);
  storeFilesContract(name, open);
  fileBatchesContract(name, open);
  storeCountsContract(name, open);
  promptStoreContract(name, open);
  connectorStoreContract(name, open);
  containerStoreContract(name, open);
  idempotencyStoreContract(name, open);
  jobStoreContract(name, open);
  retentionContract(name, open);
  concurrencyContract(name, open);
}
