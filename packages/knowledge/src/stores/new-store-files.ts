import type { FileStore, NewStoreFile } from "@gateway/engine";
import { ApiError, type ChunkingStrategy, type StaticChunking } from "@gateway/protocol";
import { hasExpired } from "../files/new-file-record.ts";
import { noSuchFile } from "../refusals.ts";

/** Files that a call names. */
export interface NamedFiles {
  tenant: string;
  ids: readonly string[];
  /** The field that holds the id at a place. */
  paramOf(place: number): string;
}

/** Does what needs files to be there. Throws a 404 ApiError that names the field of the first that is not. */
export async function withFiles<T>(
  named: NamedFiles,
  deps: { files: FileStore; now(): number },
  work: () => Promise<T>,
): Promise<T> {
  await checkFiles(named, deps);
  try {
    return await work();
  } catch (error) {
    // One may have been deleted between the two; the store does not know which field named it.
    if (error instanceof ApiError && error.status === 404) await checkFiles(named, deps);
    throw error;
  }
}

async function checkFiles(
  { tenant, ids, paramOf }: NamedFiles,
  { files, now }: { files: FileStore; now(): number },
): Promise<void> {
  if (ids.length === 0) return;
  const found = await files.find(tenant, [...new Set(ids)]);
  for (const [place, id] of ids.entries()) {
    const record = found.get(id);
    if (!record || hasExpired(record, now())) throw noSuchFile(id, paramOf(place));
  }
}

/** A file that is named more than once is taken once, as it is named last. */
export function toNewFiles(files: readonly NewStoreFile[]): NewStoreFile[] {
  return [...new Map(files.map((file) => [file.fileId, file])).values()];
}

/** How a file is to be cut; what the server is set to where the caller leaves it open. */
export function toChunking(
  strategy: ChunkingStrategy | null | undefined,
  byDefault: StaticChunking,
): StaticChunking {
  if (strategy?.type !== "static") return byDefault;
  const { max_chunk_size_tokens, chunk_overlap_tokens } = strategy.static;
  return { max_chunk_size_tokens, chunk_overlap_tokens };
}
