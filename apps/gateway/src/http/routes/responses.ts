import { followEvents, respond, servicesFor } from "@gateway/engine";
import {
  type ApiError,
  encodeEvents,
  encodeRecorded,
  notFound,
  pageOf,
  pageQuery,
  parseCreateRequest,
  ssePing,
  toListObject,
  toVisibleItem,
  toVisibleResponse,
  validate,
} from "@gateway/protocol";
import * as z from "zod";
import { observeMcp } from "../../telemetry/observe-mcp.ts";
import type { AppContext, AppDeps } from "../context.ts";
import { drain } from "../drain.ts";
import { sendEvents } from "../event-stream.ts";
import { meter } from "../meter.ts";
import { readInclude } from "../read-include.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/responses`: validate, call the engine, pick the sink. */
export function create(deps: AppDeps): Handler {
  const { config, engine, background, metrics } = deps;
  return async (c) => {
    const body = withDefaultModel(await readJson(c, config.requests), config.default_model);
    const { request, ignored } = parseCreateRequest(
      body,
      config.strict_params,
      await servicesFor(body, engine),
    );
    const streaming = request.stream === true;
    const log = c.get("log");
    const fields = c.get("logFields");
    Object.assign(fields, { model: request.model, streaming });
    log.info({ model: request.model, streaming }, "processing request");
    if (ignored.length > 0) {
      c.header("x-gateway-ignored", toHeaderList(ignored));
      log.info({ ignored: ignored.slice(0, 50) }, "parts of the request have no effect here");
    }

    const abort = new AbortController();
    const onGone = () => abort.abort();
    const { signal } = c.req.raw;
    if (signal.aborted) onGone();
    signal.addEventListener("abort", onGone, { once: true });
    let failure: ApiError | undefined;
    const scope = {
      tenant: c.get("tenant"),
      abort,
      onFailure(error: ApiError) {
        failure = error;
        // An answer that is not streamed is logged where it is turned into a status.
        if (streaming) log.warn({ err: error.cause ?? error, code: error.code }, error.message);
      },
      onFault: (message: string, cause?: unknown) => log.warn({ err: cause }, message),
      onMcpUse: observeMcp(log, metrics),
    };
    if (request.background === true) {
      const response = await background.start(request, scope);
      fields.response_id = response.id;
      if (!streaming) return c.json(response);
      return sendStored(c, deps, response.id, { obfuscate: request.stream_options?.include_obfuscation });
    }
    const batches = meter(respond(request, scope, engine), request.model, metrics, fields);
    if (!streaming) return c.json(await drain(batches, () => failure));

    // Until the model's server has answered, a failure still has a status of its own.
    const first = await batches.next();
    const obfuscate = request.stream_options?.include_obfuscation !== false;
    return sendEvents(c, encodeEvents(first.value ?? [], obfuscate), batches, {
      encode: (events) => encodeEvents(events, obfuscate),
      heartbeat: config.requests.heartbeat,
      onCancel: onGone,
    });
  };
}

/** The events of a stored response behind number `after`, until it has ended. A reader that leaves ends nothing else. */
async function sendStored(
  c: AppContext,
  { config, engine }: AppDeps,
  id: string,
  { after = -1, obfuscate = true }: { after?: number | undefined; obfuscate?: boolean | null | undefined },
): Promise<Response> {
  const tenant = c.get("tenant");
  // While there is a status to say it with.
  if ((await engine.responses.events(tenant, id, after)) === undefined) throw unknownResponse(c);
  const left = new AbortController();
  const onGone = () => left.abort();
  c.req.raw.signal.addEventListener("abort", onGone, { once: true });
  // The next event may be long in coming: a comment tells that the request was heard.
  return sendEvents(c, ssePing, followEvents(tenant, id, after, engine, left.signal), {
    encode: (events) => encodeRecorded(events, obfuscate !== false),
    heartbeat: config.requests.heartbeat,
    onCancel: onGone,
  });
}

const flag = z.enum(["true", "false"]).transform((word) => word === "true");

const replayQuery = z.looseObject({
  stream: flag.optional(),
  /** The number of the last event that is not wanted any more. */
  starting_after: z.coerce.number().int().min(-1).optional(),
  include_obfuscation: flag.optional(),
});

/** `GET /v1/responses/{id}`: the object, or with `stream=true` its events, those to come included. */
export function retrieve(deps: AppDeps): Handler {
  const { engine } = deps;
  return async (c) => {
    const { stream, starting_after: after, include_obfuscation } = validate(replayQuery, c.req.query());
    if (stream === true) return sendStored(c, deps, idOf(c), { after, obfuscate: include_obfuscation });
    const record = await engine.responses.get(c.get("tenant"), idOf(c));
    if (!record) throw unknownResponse(c);
    return c.json(toVisibleResponse(record.response, readInclude(c)));
  };
}

/** `DELETE /v1/responses/{id}`. */
export function remove({ engine, background }: AppDeps): Handler {
  return async (c) => {
    if (!(await engine.responses.delete(c.get("tenant"), idOf(c)))) throw unknownResponse(c);
    await background.forget(c.get("tenant"), idOf(c));
    return c.json({ id: idOf(c), object: "response", deleted: true });
  };
}

/** `POST /v1/responses/{id}/cancel`: only background responses can be cancelled. Fine to do again. */
export function cancel({ background }: AppDeps): Handler {
  return async (c) => {
    const response = await background.cancel(c.get("tenant"), idOf(c));
    if (!response) throw unknownResponse(c);
    return c.json(toVisibleResponse(response));
  };
}

/** `GET /v1/responses/{id}/input_items`: the inherited context, then the request's own input; paged. */
export function inputItems({ engine }: AppDeps): Handler {
  return async (c) => {
    const query = validate(pageQuery, c.req.query());
    const record = await engine.responses.get(c.get("tenant"), idOf(c));
    if (!record) throw unknownResponse(c);
    const previous = record.response.previous_response_id;
    const inherited = previous === null ? [] : await engine.responses.chain(c.get("tenant"), previous);
    const include = readInclude(c);
    const page = pageOf([...(inherited ?? []), ...record.input], query);
    if (!page) throw notFound(`Item with id '${query.after}' not found.`, { param: "after" });
    return c.json(toListObject({ ...page, data: page.data.map((item) => toVisibleItem(item, include)) }));
  };
}

/** Endpoints of the API that this server does not have: without rows of their own they would pass for ids. */
export function notSupported(c: AppContext): never {
  throw notFound(`${c.req.path} is not supported by this server.`, { code: "unsupported_endpoint" });
}

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function unknownResponse(c: AppContext) {
  return notFound(`Response with id '${idOf(c)}' not found.`);
}

function withDefaultModel(body: unknown, model: string | undefined): unknown {
  if (model === undefined || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return "model" in body && body.model !== null ? body : { ...body, model };
}

/** A header's value is printable ASCII; names of fields come from the caller. */
function toHeaderList(names: readonly string[]): string {
  return names
    .slice(0, 50)
    .map((name) => name.replace(/[^\x21-\x7e]|,/g, "?").slice(0, 100))
    .join(", ");
}
