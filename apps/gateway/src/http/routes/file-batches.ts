import { createFileBatch, toListObject, validate, vectorStoreFileListQuery } from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { suggestPoll } from "../poll-header.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/vector_stores/{id}/file_batches`: all of the files or none. */
export function create({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createFileBatch, await readJson(c, config.requests));
    const batch = await knowledge.stores.createBatch(c.get("tenant"), idOf(c), body);
    Object.assign(c.get("logFields"), {
      vector_store_id: idOf(c),
      batch_id: batch.id,
      files: batch.file_counts.total,
    });
    suggestPoll(c, batch.status);
    return c.json(batch);
  };
}

/** `GET /v1/vector_stores/{id}/file_batches/{batch}`. */
export function retrieve({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const batch = await knowledge.stores.getBatch(c.get("tenant"), idOf(c), batchOf(c));
    suggestPoll(c, batch.status);
    return c.json(batch);
  };
}

/** `POST /v1/vector_stores/{id}/file_batches/{batch}/cancel`: files that are not yet taken in never will be. */
export function cancel({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const batch = await knowledge.stores.cancelBatch(c.get("tenant"), idOf(c), batchOf(c));
    suggestPoll(c, batch.status);
    return c.json(batch);
  };
}

/** `GET /v1/vector_stores/{id}/file_batches/{batch}/files`, paged both ways, of one status if asked. */
export function listFiles({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const query = validate(vectorStoreFileListQuery, c.req.query());
    const page = await knowledge.stores.listBatchFiles(c.get("tenant"), idOf(c), batchOf(c), query);
    return c.json(toListObject(page));
  };
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function batchOf(c: AppContext): string {
  return c.req.param("batch") ?? "";
}
