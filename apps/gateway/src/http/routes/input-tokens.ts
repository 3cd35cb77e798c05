import { countInput } from "@gateway/engine";
import { type InputTokens, parseCountRequest } from "@gateway/protocol";
import type { AppDeps } from "../context.ts";
import { toHeaderList } from "../create-call.ts";
import { readJson } from "../read-json.ts";
import { openRequestScope } from "../request-scope.ts";
import type { Handler } from "../route-table.ts";
import { withDefaultModel } from "../with-default-model.ts";

/**
 * `POST /v1/responses/input_tokens`: what a create request with the same fields would show the model. The header
 * `x-gateway-token-count` says whether the model's server counted (`exact`) or the gateway estimated (`estimate`).
 */
export function count({ config, engine }: AppDeps): Handler {
  return async (c) => {
    const body = await readJson(c, config.requests);
    const { request, ignored } = parseCountRequest(
      withDefaultModel(body, config.default_model),
      config.strict_params,
    );
    const log = c.get("log");
    Object.assign(c.get("logFields"), { model: request.model });
    log.info({ model: request.model }, "counting tokens");
    if (ignored.length > 0) c.header("x-gateway-ignored", toHeaderList(ignored));

    const { tokens, exact } = await countInput(request, openRequestScope(c), engine);
    c.header("x-gateway-token-count", exact ? "exact" : "estimate");
    return c.json({ object: "response.input_tokens", input_tokens: tokens } satisfies InputTokens);
  };
}
