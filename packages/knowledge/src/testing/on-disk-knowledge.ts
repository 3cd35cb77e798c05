import { join } from "node:path";
import { openDirectoryBlobs } from "@gateway/blobs";
import type { Embedder, SearchIndex, TextExtractor } from "@gateway/engine";
import { openSearchIndex } from "@gateway/search-index";
import { openStore, type Store } from "@gateway/store";
import type { Knowledge } from "../knowledge.ts";
import { openKnowledge } from "../open-knowledge.ts";

/** Knowledge over the real store, index and blobs in a directory. */
export interface OnDiskKnowledge {
  knowledge: Knowledge;
  store: Store;
  index: SearchIndex;
  faults: string[];
  close(): Promise<void>;
}

/** Opens what an earlier process left in `dir`, or begins anew. Its jobs are put back; the service is not started. */
export async function openOnDisk(
  dir: string,
  embedder: Embedder,
  extractor: TextExtractor,
): Promise<OnDiskKnowledge> {
  const faults: string[] = [];
  const onFault = (message: string, cause?: unknown): void =>
    void faults.push(`${message}: ${String(cause)}`);
  const store = openStore({ path: join(dir, "gateway.db") });
  await store.jobs.releaseAll();
  const index = openSearchIndex({
    path: join(dir, "search.db"),
    onProblem: ({ message }) => onFault(message),
    onRenewed: () => knowledge.indexRenewed(),
  });
  const blobs = await openDirectoryBlobs({ dir: join(dir, "files") });
  const { files, uploads, vectorStores, jobs, blobs: blobIndex } = store;
  const deps = { files, uploads, vectorStores, jobs, blobIndex, blobs, index, embedder, extractor };
  const knowledge: Knowledge = openKnowledge({ ...deps, now: Date.now, onFault });
  return {
    knowledge,
    store,
    index,
    faults,
    async close() {
      await knowledge.close();
      await Promise.all([embedder.close(), extractor.close(), index.close(), blobs.close()]);
      await store.close();
    },
  };
}
