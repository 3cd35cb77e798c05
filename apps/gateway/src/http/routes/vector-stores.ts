import {
  createVectorStore,
  searchVectorStore,
  toListObject,
  twoWayPageQuery,
  unprocessable,
  updateVectorStore,
  validate,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { suggestPoll } from "../poll-header.ts";
import { readJson, readOptionalJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/vector_stores`. */
export function create({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(createVectorStore, (await readOptionalJson(c, config.requests)) ?? {});
    const store = await knowledge.stores.create(c.get("tenant"), body);
    c.get("logFields").vector_store_id = store.id;
    suggestPoll(c, store.status);
    return c.json(store);
  };
}

/** `GET /v1/vector_stores`, paged both ways. */
export function list({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const query = validate(twoWayPageQuery, c.req.query());
    return c.json(toListObject(await knowledge.stores.list(c.get("tenant"), query)));
  };
}

/** `GET /v1/vector_stores/{id}`. */
export function retrieve({ knowledge }: AppDeps): Handler {
  return async (c) => {
    const store = await knowledge.stores.get(c.get("tenant"), idOf(c));
    suggestPoll(c, store.status);
    return c.json(store);
  };
}

/** `POST /v1/vector_stores/{id}`, and `PUT` for clients of servers that have it so: changes what is given. */
export function update({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(updateVectorStore, await readJson(c, config.requests));
    return c.json(await knowledge.stores.update(c.get("tenant"), idOf(c), body));
  };
}

/** `DELETE /v1/vector_stores/{id}`. Its files stay. */
export function remove({ knowledge }: AppDeps): Handler {
  return async (c) => {
    await knowledge.stores.delete(c.get("tenant"), idOf(c));
    return c.json({ id: idOf(c), object: "vector_store.deleted", deleted: true });
  };
}

/** `POST /v1/vector_stores/{id}/search`. Queries are searched as they are: `rewrite_query` has no effect. */
export function search({ config, knowledge }: AppDeps): Handler {
  return async (c) => {
    const body = validate(searchVectorStore, await readJson(c, config.requests));
    if (body.rewrite_query === true) {
      if (config.strict_params) {
        throw unprocessable("Rewriting queries is not supported by this server.", {
          param: "rewrite_query",
          code: "unsupported_value",
        });
      }
      c.header("x-gateway-ignored", "rewrite_query");
    }
    const data = await knowledge.stores.search(c.get("tenant"), idOf(c), body, c.req.raw.signal);
    Object.assign(c.get("logFields"), { vector_store_id: idOf(c), results: data.length });
    return c.json({
      object: "vector_store.search_results.page",
      search_query: typeof body.query === "string" ? [body.query] : body.query,
      data,
      has_more: false,
      next_page: null,
    });
  };
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}
