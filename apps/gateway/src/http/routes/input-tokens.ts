import { countInput } from "@gateway/engine";
import { type InputTokens, parseCountRequest } from "@gateway/protocol";
import type { AppDeps } from "../context.ts";
import { toHeaderList } from "../create-call.ts";
import { parseForModel } from "../parse-for-model.ts";
import { readJson } from "../read-json.ts";
import { openRequestScope } from "../request-scope.ts";
import type { Handler } from "../route-table.ts";

/**
 * `POST /v1/responses/input_tokens`: what a create request with the same fields would show the model. The header
 * `x-gateway-token-count` says whether the model's server counted (`exact`) or the gateway estimated (`estimate`).
 */
export function count(deps: AppDeps): Handler {
  return async (c) => {
    const body = await readJson(c, deps.config.requests);
    const { request, ignored } = await parseForModel(body, parseCountRequest, deps);
    const log = c.get("log");
    Object.assign(c.get("logFields"), { model: request.model });
    log.info({ model: request.model }, "counting tokens");
    if (ignored.length > 0) c.header("x-gateway-ignored", toHeaderList(ignored));

    const { tokens, exact } = await countInput(request, openRequestScope(c, deps.metrics), deps.engine);
    c.header("x-gateway-token-count", exact ? "exact" : "estimate");
    return c.json({ object: "response.input_tokens", input_tokens: tokens } satisfies InputTokens);
  };
}
