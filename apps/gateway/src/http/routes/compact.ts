import { compactWindow } from "@gateway/engine";
import { type CompactedResponse, parseCompactRequest } from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { toHeaderList } from "../create-call.ts";
import { parseForModel } from "../parse-for-model.ts";
import { passLimits } from "../pass-limits.ts";
import { readJson } from "../read-json.ts";
import { openRequestScope } from "../request-scope.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/responses/compact`: a context in, a shorter one out that its caller keeps. Nothing is stored. */
export function create(deps: AppDeps): Handler {
  return async (c) => {
    const body = await readJson(c, deps.config.requests);
    const { request, ignored } = await parseForModel(body, parseCompactRequest, deps);
    const log = c.get("log");
    c.get("logFields").model = request.model;
    log.info({ model: request.model }, "compacting context");
    if (ignored.length > 0) c.header("x-gateway-ignored", toHeaderList(ignored));

    const scope = openRequestScope(c, deps.metrics);
    scope.onLimits = passLimits(c);
    const compacted = await measured(c, deps, request.model, () =>
      compactWindow(request, scope, deps.engine),
    );
    return c.json(compacted);
  };
}

/** Records what a compaction has cost, as `meter` does for a response. One that fails is in the metrics of requests. */
async function measured(
  c: AppContext,
  { metrics }: AppDeps,
  model: string,
  run: () => Promise<CompactedResponse>,
): Promise<CompactedResponse> {
  const begin = performance.now();
  metrics.inFlight(1);
  try {
    const compacted = await run();
    const { input_tokens: input, output_tokens: output } = compacted.usage;
    metrics.modelRequest(model, (performance.now() - begin) / 1000);
    metrics.tokens(model, input, output);
    Object.assign(c.get("logFields"), {
      response_id: compacted.id,
      input_tokens: input,
      output_tokens: output,
    });
    return compacted;
  } finally {
    metrics.inFlight(-1);
  }
}
