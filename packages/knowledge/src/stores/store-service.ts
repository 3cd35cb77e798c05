import type { FileStore, KnowledgeSearch, SearchIndex, VectorStores } from "@gateway/engine";
import { newId, type StaticChunking, type VectorStoreObject } from "@gateway/protocol";
import type { KnowledgeStores } from "../knowledge.ts";
import { noSuchCursor, noSuchStore, storeExpired } from "../refusals.ts";
import { toChunking, toNewFiles, withFiles } from "./new-store-files.ts";
import { openStoreFiles } from "./store-file-service.ts";

/** What {@link openStores} works with. */
export interface StoresDeps {
  files: FileStore;
  vectorStores: VectorStores;
  index: SearchIndex;
  search: KnowledgeSearch;
  settings: { chunking: StaticChunking };
  /** Unix time in milliseconds. */
  now(): number;
  /** Called after work of a kind was queued. */
  wake(kind: "ingest" | "unindex" | "attributes"): void;
  /** Called after files were taken out or cancelled. */
  stopUnwanted(): void;
}

/** Vector stores as the API has them, with their files and batches. */
export function openStores(deps: StoresDeps): KnowledgeStores {
  const { vectorStores } = deps;
  const seconds = (): number => Math.floor(deps.now() / 1000);

  async function find(tenant: string, id: string): Promise<VectorStoreObject> {
    const store = await vectorStores.get(tenant, id, seconds());
    if (!store) throw noSuchStore(id);
    return store;
  }

  async function findLive(tenant: string, id: string): Promise<VectorStoreObject> {
    const store = await find(tenant, id);
    if (store.status === "expired") throw storeExpired(id);
    return store;
  }

  return {
    ...openStoreFiles({ ...deps, find, findLive }),

    async create(tenant, body) {
      const ids = body.file_ids ?? [];
      const chunking = toChunking(body.chunking_strategy, deps.settings.chunking);
      const files = toNewFiles(ids.map((fileId) => ({ fileId, attributes: {}, chunking })));
      const named = { tenant, ids, paramOf: (place: number) => `file_ids[${place}]` };
      const store = await withFiles(named, deps, () =>
        vectorStores.create(
          tenant,
          {
            id: newId("vs"),
            created_at: seconds(),
            name: body.name ?? null,
            description: body.description ?? null,
            metadata: body.metadata ?? {},
            expires_after: toExpiry(body.expires_after),
          },
          files,
        ),
      );
      if (ids.length > 0) deps.wake("ingest");
      return store;
    },

    get: find,

    async list(tenant, query) {
      const page = await vectorStores.list(tenant, query, seconds());
      if (!page) throw noSuchCursor(query);
      return page;
    },

    async update(tenant, id, { name, metadata, expires_after }) {
      const changes = {
        name,
        metadata: metadata === null ? {} : metadata,
        expiresAfter: expires_after === undefined ? undefined : toExpiry(expires_after),
      };
      const store = await vectorStores.update(tenant, id, changes, seconds());
      if (!store) throw noSuchStore(id);
      return store;
    },

    async delete(tenant, id) {
      if (!(await vectorStores.delete(tenant, id))) throw noSuchStore(id);
      deps.stopUnwanted();
      deps.wake("unindex");
    },

    async search(tenant, id, body, signal) {
      await findLive(tenant, id);
      return deps.search.search(
        tenant,
        {
          storeIds: [id],
          queries: typeof body.query === "string" ? [body.query] : body.query,
          filter: body.filters ?? undefined,
          limit: body.max_num_results ?? 10,
          ranking: body.ranking_options ?? undefined,
        },
        signal,
      );
    },
  };
}

/** Without what else a caller has sent in it. */
function toExpiry(expiry: { days: number } | null | undefined): VectorStoreObject["expires_after"] {
  return expiry == null ? null : { anchor: "last_active_at", days: expiry.days };
}
