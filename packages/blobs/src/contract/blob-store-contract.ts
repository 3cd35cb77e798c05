import type { BlobBench } from "./blob-bench.ts";
import { keepContract } from "./keep-contract.ts";
import { readContract } from "./read-contract.ts";
import { receiveContract } from "./receive-contract.ts";

/**
 * Everything a blob store must do, as tests. `open` gives a new, empty store for each test; it is closed after it.
 */
export function blobStoreContract(name: string, open: () => Promise<BlobBench>): void {
  receiveContract(name, open);
  keepContract(name, open);
  readContract(name, open);
}
