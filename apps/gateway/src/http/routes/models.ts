import { notFound } from "@gateway/protocol";
import type { AppDeps } from "../context.ts";
import type { Handler } from "../route-table.ts";

/** `GET /v1/models`: what all backends that answer serve. Not paged, as at OpenAI. */
export function list({ engine }: AppDeps): Handler {
  return async (c) => c.json({ object: "list", data: await engine.catalog.list() });
}

/** `GET /v1/models/{model}`. Names may hold slashes and colons. */
export function retrieve({ engine }: AppDeps): Handler {
  return async (c) => {
    const id = c.req.param("model") ?? "";
    const model = (await engine.catalog.list()).find((entry) => entry.id === id);
    if (model) return c.json(model);
    throw notFound(`The model '${id}' does not exist.`, { param: "model", code: "model_not_found" });
  };
}
