import type { BlobStore, FileQuota, FileRecord, FileStore } from "@gateway/engine";
import type { Files } from "../knowledge.ts";
import { noSuchCursor, noSuchFile, quotaExceeded } from "../refusals.ts";
import type { BlobKeeper } from "./blob-keeper.ts";
import { hasExpired, newFileRecord } from "./new-file-record.ts";

/** What {@link openFiles} works with. */
export interface FilesDeps {
  files: FileStore;
  blobs: BlobStore;
  keeper: BlobKeeper;
  settings: { maxFileBytes: number; quota: FileQuota };
  /** Unix time in milliseconds. */
  now(): number;
  /** Called after a file has been deleted and taken out of its vector stores. */
  onDeleted(): void;
}

/** Files; what expired is not found, also before it is swept. */
export function openFiles(deps: FilesDeps): Files {
  const { files, blobs, keeper, settings } = deps;

  async function find(tenant: string, id: string): Promise<FileRecord> {
    const record = await files.get(tenant, id);
    if (!record || hasExpired(record, deps.now())) throw noSuchFile(id);
    return record;
  }

  return {
    receive: (content, signal) => blobs.receive(content, settings.maxFileBytes, signal),

    async create(tenant, file, content) {
      const record = newFileRecord(file, content, deps.now());
      await keeper.hold(content, async () => {
        const outcome = await files.add(tenant, record, settings.quota);
        if (outcome !== "added") throw quotaExceeded(outcome);
      });
      return record.file;
    },

    async get(tenant, id) {
      return (await find(tenant, id)).file;
    },

    async content(tenant, id, range) {
      const { file, hash } = await find(tenant, id);
      const span = range?.(file.bytes);
      try {
        return { file, hash, range: span, body: await blobs.read(hash, span) };
      } catch (error) {
        // It may have been deleted between the two.
        await find(tenant, id);
        throw error;
      }
    },

    async list(tenant, query) {
      const page = await files.list(tenant, query, Math.floor(deps.now() / 1000));
      if (!page) throw noSuchCursor(query);
      return page;
    },

    async delete(tenant, id) {
      await find(tenant, id);
      if (!(await files.delete(tenant, id))) throw noSuchFile(id);
      deps.onDeleted();
      keeper.sweep();
    },
  };
}
