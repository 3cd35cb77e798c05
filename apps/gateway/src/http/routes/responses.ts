import { respond } from "@gateway/engine";
import {
  type ApiError,
  badRequest,
  notFound,
  pageOf,
  pageQuery,
  parseCreateRequest,
  toListObject,
  toVisibleItem,
  toVisibleResponse,
  unprocessable,
  validate,
} from "@gateway/protocol";
import type { AppContext, AppDeps } from "../context.ts";
import { drain } from "../drain.ts";
import { toEventStream } from "../event-stream.ts";
import { meter } from "../meter.ts";
import { readInclude } from "../read-include.ts";
import { readJson } from "../read-json.ts";
import type { Handler } from "../route-table.ts";

/** `POST /v1/responses`: validate, call the engine, pick the sink. */
export function create({ config, engine, metrics }: AppDeps): Handler {
  return async (c) => {
    const body = withDefaultModel(await readJson(c, config.requests), config.default_model);
    const { request, ignored } = parseCreateRequest(body, config.strict_params);
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
    };
    const batches = meter(respond(request, scope, engine), request.model, metrics, fields);
    if (!streaming) return c.json(await drain(batches, () => failure));

    // Until the model's server has answered, a failure still has a status of its own.
    const first = await batches.next();
    const stream = toEventStream(first.value ?? [], batches, {
      obfuscate: request.stream_options?.include_obfuscation !== false,
      heartbeat: config.requests.heartbeat,
      onCancel: onGone,
    });
    c.set("bodyOver", stream.over);
    return c.body(stream.body, 200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      connection: "keep-alive",
      // Tells nginx and its like not to collect the stream.
      "x-accel-buffering": "no",
    });
  };
}

/** `GET /v1/responses/{id}`. */
export function retrieve({ engine }: AppDeps): Handler {
  return async (c) => {
    if (c.req.query("stream") === "true") {
      throw unprocessable("Replaying a stored response as a stream is not supported by this server.", {
        param: "stream",
        code: "unsupported_value",
      });
    }
    const record = await engine.responses.get(c.get("tenant"), idOf(c));
    if (!record) throw unknownResponse(c);
    return c.json(toVisibleResponse(record.response, readInclude(c)));
  };
}

/** `DELETE /v1/responses/{id}`. */
export function remove({ engine }: AppDeps): Handler {
  return async (c) => {
    if (!(await engine.responses.delete(c.get("tenant"), idOf(c)))) throw unknownResponse(c);
    return c.json({ id: idOf(c), object: "response", deleted: true });
  };
}

/** `POST /v1/responses/{id}/cancel`: only background responses can be cancelled, and there are none here. */
export function cancel({ engine }: AppDeps): Handler {
  return async (c) => {
    if (!(await engine.responses.get(c.get("tenant"), idOf(c)))) throw unknownResponse(c);
    throw badRequest("Cannot cancel a synchronous response. Close its connection instead.");
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
