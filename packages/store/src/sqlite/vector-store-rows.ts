import type {
  FileBatchObject,
  FileCounts,
  IngestError,
  VectorStoreFileObject,
  VectorStoreFileStatus,
  VectorStoreObject,
} from "@gateway/protocol";
import type { fileBatches, vectorStoreFiles, vectorStores } from "./schema.ts";

export type VectorStoreRow = typeof vectorStores.$inferSelect;

const secondsPerDay = 86_400;

/** When a store expires (Unix seconds), or null for one that does not. */
export function expiryOf(row: VectorStoreRow): number | null {
  return row.expiresDays === null ? null : row.lastActiveAt + row.expiresDays * secondsPerDay;
}

/** A store has expired once `now` (Unix seconds) is past its time. */
export function isExpired(row: VectorStoreRow, now: number): boolean {
  const expiresAt = expiryOf(row);
  return expiresAt !== null && now > expiresAt;
}

/** The object of a store, as of `now`. */
export function toVectorStore(row: VectorStoreRow, now: number): VectorStoreObject {
  const unexpired = row.inProgress > 0 ? "in_progress" : "completed";
  return {
    id: row.id,
    object: "vector_store",
    created_at: row.createdAt,
    name: row.name,
    description: row.description,
    usage_bytes: row.usageBytes,
    file_counts: toFileCounts(row),
    status: isExpired(row, now) ? "expired" : unexpired,
    expires_after: row.expiresDays === null ? null : { anchor: "last_active_at", days: row.expiresDays },
    expires_at: expiryOf(row),
    last_active_at: row.lastActiveAt,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
  };
}

/** A file in a store, with the id of the file itself. */
export type StoreFileRow = Pick<
  typeof vectorStoreFiles.$inferSelect,
  "createdAt" | "status" | "lastError" | "usageBytes" | "attributes" | "chunkTokens" | "overlapTokens"
> & { fileId: string };

/** The object of a file in a store. */
export function toStoreFile(row: StoreFileRow, storeId: string): VectorStoreFileObject {
  return {
    id: row.fileId,
    object: "vector_store.file",
    created_at: row.createdAt,
    vector_store_id: storeId,
    status: row.status as VectorStoreFileStatus,
    last_error: row.lastError === null ? null : (JSON.parse(row.lastError) as IngestError),
    usage_bytes: row.usageBytes,
    attributes: JSON.parse(row.attributes) as VectorStoreFileObject["attributes"],
    chunking_strategy: {
      type: "static",
      static: { max_chunk_size_tokens: row.chunkTokens, chunk_overlap_tokens: row.overlapTokens },
    },
  };
}

/**
 * The object of a batch. Its counts are of all files it was made of: one that has left the store (taken out, deleted,
 * or taken in anew by another call) counts as it ended, or as cancelled when it had not.
 */
export function toFileBatch(row: typeof fileBatches.$inferSelect, storeId: string): FileBatchObject {
  const file_counts = toFileCounts(row);
  return {
    id: row.id,
    object: "vector_store.files_batch",
    created_at: row.createdAt,
    vector_store_id: storeId,
    status: row.wasCancelled ? "cancelled" : statusOf(file_counts),
    file_counts,
  };
}

function statusOf({ in_progress, failed, total }: FileCounts): FileBatchObject["status"] {
  if (in_progress > 0) return "in_progress";
  return total > 0 && failed === total ? "failed" : "completed";
}

function toFileCounts(row: {
  inProgress: number;
  completed: number;
  failed: number;
  cancelled: number;
}): FileCounts {
  const { inProgress: in_progress, completed, failed, cancelled } = row;
  return { in_progress, completed, failed, cancelled, total: in_progress + completed + failed + cancelled };
}
