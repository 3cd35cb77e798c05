import {
  attachFile,
  toListObject,
  updateAttributes,
  validate,
  vectorStoreFileListQuery,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { suggestPoll } from "../poll-header.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/vector_stores/{id}/files`: the file is taken in after the answer. */
export function attach({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(attachFile, await readJson(c, config.requests));
    const file = await knowledge.stores.attach(c.get("tenant"), idOf(c), body);
    Object.assign(c.get("logFields"), { vector_store_id: idOf(c), file_id: file.id });
    suggestPoll(c, file.status);
    return c.json(file);
  };
}

/** `GET /v1/vector_stores/{id}/files`, paged both ways, of one status if asked. */
export function list({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const query = validate(vectorStoreFileListQuery, c.req.query());
    return c.json(toListObject(await knowledge.stores.listFiles(c.get("tenant"), idOf(c), query)));
  };
}

/** `GET /v1/vector_stores/{id}/files/{file}`. */
export function retrieve({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const file = await knowledge.stores.getFile(c.get("tenant"), idOf(c), fileOf(c));
    suggestPoll(c, file.status);
    return c.json(file);
  };
}

/** `POST /v1/vector_stores/{id}/files/{file}`: replaces its attributes. */
export function update({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(updateAttributes, await readJson(c, config.requests));
    return c.json(await knowledge.stores.setAttributes(c.get("tenant"), idOf(c), fileOf(c), body));
  };
}

/** `DELETE /v1/vector_stores/{id}/files/{file}`: takes it out of the store; the file itself stays. */
export function detach({ knowledge }: AppDeps): Handler {
  return async (c) => {
    await knowledge.stores.detach(c.get("tenant"), idOf(c), fileOf(c));
    return c.json({ id: fileOf(c), object: "vector_store.file.deleted", deleted: true });
  };
}

/** `GET /v1/vector_stores/{id}/files/{file}/content`: the text that was taken in. */
export function content({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const text = await knowledge.stores.fileText(c.get("tenant"), idOf(c), fileOf(c));
    return c.json({
      object: "vector_store.file_content.page",
      data: [{ type: "text", text }],
      has_more: false,
      next_page: null,
    });
  };
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function fileOf(c: AppContext): string {
  return c.req.param("file") ?? "";
}
