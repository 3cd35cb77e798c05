import type { NewStoreFile } from "@gateway/engine";
import {
  badRequest,
  type FileBatchObject,
  internal,
  newId,
  type VectorStoreFileObject,
  type VectorStoreObject,
} from "@gateway/protocol";
import type { KnowledgeStores } from "../knowledge.ts";
import { noSuchBatch, noSuchCursor, noSuchStore, noSuchStoreFile } from "../refusals.ts";
import { toChunking, toNewFiles, withFiles } from "./new-store-files.ts";
import type { StoresDeps } from "./store-service.ts";

type StoreFiles = Pick<
  KnowledgeStores,
  | "attach"
  | "getFile"
  | "listFiles"
  | "setAttributes"
  | "detach"
  | "fileText"
  | "createBatch"
  | "getBatch"
  | "cancelBatch"
  | "listBatchFiles"
>;

type StoreFileBody = Parameters<KnowledgeStores["attach"]>[2];

interface StoreFilesDeps extends StoresDeps {
  /** The store; 404 where there is none. */
  find(tenant: string, id: string): Promise<VectorStoreObject>;
  /** The same; also 400 where it has expired. */
  findLive(tenant: string, id: string): Promise<VectorStoreObject>;
}

/** The files of vector stores, one by one and in batches. */
export function openStoreFiles(deps: StoreFilesDeps): StoreFiles {
  const { vectorStores, find, findLive } = deps;

  async function attach(
    tenant: string,
    id: string,
    files: readonly NewStoreFile[],
    paramOf: (place: number) => string,
    batch?: { id: string },
  ): Promise<VectorStoreFileObject[]> {
    const now = Math.floor(deps.now() / 1000);
    const named = { tenant, ids: files.map(({ fileId }) => fileId), paramOf };
    const attached = await withFiles(named, deps, () =>
      vectorStores.attach(tenant, id, toNewFiles(files), now, batch),
    );
    if (!attached) throw noSuchStore(id);
    // One that the store had is taken in anew: what was there, or was about to be, goes.
    deps.stopUnwanted();
    deps.wake("unindex");
    deps.wake("ingest");
    return attached;
  }

  async function findFile(tenant: string, id: string, fileId: string): Promise<VectorStoreFileObject> {
    const file = await vectorStores.getFile(tenant, id, fileId);
    if (file) return file;
    await find(tenant, id);
    throw noSuchStoreFile(id, fileId);
  }

  async function findBatch(tenant: string, id: string, batchId: string): Promise<FileBatchObject> {
    const batch = await vectorStores.getBatch(tenant, id, batchId);
    if (batch) return batch;
    await find(tenant, id);
    throw noSuchBatch(id, batchId);
  }

  const chunkingOf = (strategy: Parameters<typeof toChunking>[0]) =>
    toChunking(strategy, deps.settings.chunking);

  return {
    async attach(tenant, id, { file_id, attributes, chunking_strategy }) {
      await findLive(tenant, id);
      const chunking = chunkingOf(chunking_strategy);
      const files = [{ fileId: file_id, attributes: attributes ?? {}, chunking }];
      const [file] = await attach(tenant, id, files, () => "file_id");
      if (!file) throw internal("The file was not added to the vector store.");
      return file;
    },

    getFile: findFile,

    async listFiles(tenant, id, query) {
      const page = await vectorStores.listFiles(tenant, id, query);
      if (page) return page;
      await find(tenant, id);
      throw noSuchCursor(query);
    },

    async setAttributes(tenant, id, fileId, { attributes }) {
      const file = await vectorStores.setAttributes(tenant, id, fileId, attributes ?? {});
      if (!file) return findFile(tenant, id, fileId);
      deps.wake("attributes");
      return file;
    },

    async detach(tenant, id, fileId) {
      if (!(await vectorStores.detach(tenant, id, fileId))) {
        await find(tenant, id);
        throw noSuchStoreFile(id, fileId);
      }
      deps.stopUnwanted();
      deps.wake("unindex");
    },

    async fileText(tenant, id, fileId) {
      const { status, last_error } = await findFile(tenant, id, fileId);
      if (status !== "completed") {
        const reason = last_error ? `: ${last_error.message}` : ".";
        throw badRequest(`File '${fileId}' has no text to show, its status is ${status}${reason}`, {
          param: "file_id",
        });
      }
      const document = await vectorStores.documentOf(tenant, id, fileId);
      const text = document === undefined ? undefined : await deps.index.text(document);
      if (text !== undefined) return text;
      // It may have been taken out between these calls.
      await findFile(tenant, id, fileId);
      throw internal("The text of the file is missing. It is made anew when the server is started again.", {
        code: "storage_error",
      });
    },

    async createBatch(tenant, id, body) {
      await findLive(tenant, id);
      const named = body.files ?? (body.file_ids ?? []).map((file_id): StoreFileBody => ({ file_id }));
      const field = body.files
        ? (place: number) => `files[${place}].file_id`
        : (place: number) => `file_ids[${place}]`;
      const files = named.map(
        ({ file_id: fileId, attributes, chunking_strategy }): NewStoreFile => ({
          fileId,
          attributes: attributes ?? body.attributes ?? {},
          chunking: chunkingOf(chunking_strategy ?? body.chunking_strategy),
        }),
      );
      const batch = { id: newId("vsfb") };
      await attach(tenant, id, files, field, batch);
      return findBatch(tenant, id, batch.id);
    },

    getBatch: findBatch,

    async cancelBatch(tenant, id, batchId) {
      const batch = await vectorStores.cancelBatch(tenant, id, batchId);
      if (!batch) return findBatch(tenant, id, batchId);
      deps.stopUnwanted();
      deps.wake("unindex");
      return batch;
    },

    async listBatchFiles(tenant, id, batchId, query) {
      await findBatch(tenant, id, batchId);
      const page = await vectorStores.listFiles(tenant, id, query, batchId);
      if (!page) throw noSuchCursor(query);
      return page;
    },
  };
}
