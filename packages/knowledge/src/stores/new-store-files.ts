import type { FileStore, NewStoreFile } from "@gateway/engine";
import type { ChunkingStrategy, StaticChunking } from "@gateway/protocol";
import { hasExpired } from "../files/new-file-record.ts";
import { noSuchFile } from "../refusals.ts";

/** Makes sure that files are there. Throws a 404 ApiError whose `param` is `paramOf` the first that is not. */
export async function checkFiles(
  tenant: string,
  ids: readonly string[],
  paramOf: (place: number) => string,
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
