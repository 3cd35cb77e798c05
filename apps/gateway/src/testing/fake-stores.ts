import type { KnowledgeStores } from "@gateway/knowledge";
import {
  type FileBatchObject,
  notFound,
  type VectorStoreFileObject,
  type VectorStoreObject,
} from "@gateway/protocol";

const counts = { in_progress: 1, completed: 0, failed: 0, cancelled: 0, total: 1 };

/** A vector store as it looks while its file is taken in. */
export const sampleStore: VectorStoreObject = {
  id: "vs_1",
  object: "vector_store",
  created_at: 1000,
  name: null,
  description: null,
  usage_bytes: 0,
  file_counts: counts,
  status: "in_progress",
  expires_after: null,
  expires_at: null,
  last_active_at: 1000,
  metadata: {},
};

/** Its file. */
export const sampleFile: VectorStoreFileObject = {
  id: "file-1",
  object: "vector_store.file",
  created_at: 1000,
  vector_store_id: "vs_1",
  status: "in_progress",
  last_error: null,
  usage_bytes: 0,
  attributes: {},
  chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
};

/** The batch that the file came with. */
export const sampleBatch: FileBatchObject = {
  id: "vsfb_1",
  object: "vector_store.files_batch",
  created_at: 1000,
  vector_store_id: "vs_1",
  status: "in_progress",
  file_counts: counts,
};

/** What was asked of a {@link fakeStores}: the method, then its arguments. */
export type StoreCall = [method: keyof KnowledgeStores, ...args: unknown[]];

/**
 * Vector stores for tests of their routes: one store "vs_1" of the tenant "default", with one file and one batch,
 * which stay as they are. Each call is noted.
 */
export function fakeStores(): { stores: KnowledgeStores; calls: StoreCall[] } {
  const calls: StoreCall[] = [];
  const answer = <M extends keyof KnowledgeStores>(
    method: M,
    value: Awaited<ReturnType<KnowledgeStores[M]>>,
  ) =>
    (async (tenant: string, ...args: unknown[]) => {
      calls.push([method, tenant, ...args.filter((arg) => !(arg instanceof AbortSignal))]);
      if (typeof args[0] === "string" && (tenant !== "default" || args[0] !== "vs_1"))
        throw notFound(`Vector store with id '${args[0]}' not found.`);
      return value;
    }) as unknown as KnowledgeStores[M];
  const files = { data: [sampleFile], hasMore: false };
  const found = {
    file_id: "file-1",
    filename: "a.txt",
    score: 0.5,
    attributes: { lang: "en" },
    content: [{ type: "text" as const, text: "found" }],
  };
  return {
    calls,
    stores: {
      create: answer("create", sampleStore),
      get: answer("get", sampleStore),
      list: answer("list", { data: [sampleStore], hasMore: true }),
      update: answer("update", sampleStore),
      delete: answer("delete", undefined),
      search: answer("search", [found]),
      attach: answer("attach", sampleFile),
      getFile: answer("getFile", sampleFile),
      listFiles: answer("listFiles", files),
      setAttributes: answer("setAttributes", sampleFile),
      detach: answer("detach", undefined),
      fileText: answer("fileText", "the text"),
      createBatch: answer("createBatch", sampleBatch),
      getBatch: answer("getBatch", { ...sampleBatch, status: "completed" }),
      cancelBatch: answer("cancelBatch", { ...sampleBatch, status: "cancelled" }),
      listBatchFiles: answer("listBatchFiles", files),
    },
  };
}
