import { type RequestScope, respond } from "@gateway/engine";
import {
  type ApiError,
  type CreateRequest,
  parseCreateRequest,
  type ResponseEvent,
  unprocessable,
} from "@gateway/protocol";
import type { AppDeps } from "./context.ts";
import { meter } from "./meter.ts";
import { parseForModel } from "./parse-for-model.ts";
import { type Asker, toRequestScope } from "./request-scope.ts";

/** Who wants a response made, and where that is noted. */
export interface Caller extends Asker {
  /** What the log line about the request says beside the usual. */
  logFields: Record<string, unknown>;
}

/** A valid request to make a response, about to be carried out. */
export interface CreateCall {
  request: CreateRequest;
  /** What was accepted and has no effect here: what `x-gateway-ignored` names. */
  ignored: readonly string[];
  scope: RequestScope;
  /** Why the response failed after it had begun; undefined while it has not. */
  failure(): ApiError | undefined;
  /** Carries it out: see the engine's `respond`. What it costs is measured and put into the log fields. */
  run(): AsyncGenerator<ResponseEvent[], void, undefined>;
}

/** What a door may add to the scope of its requests. */
export type DoorScope = Pick<RequestScope, "memory" | "warmUp" | "steered" | "responseId">;

/**
 * Reads the body of a create request, whichever way it came, and notes in the log what is asked for. Throws the
 * 422 of `parseCreateRequest`. Nothing is carried out before `run()` is read from.
 */
export async function openCreateCall(
  body: unknown,
  { tenant, log, logFields }: Caller,
  deps: Pick<AppDeps, "config" | "engine" | "metrics">,
  door: DoorScope = {},
): Promise<CreateCall> {
  const { rest, prewarm } = takePrewarm(body);
  const { request, ignored } = await parseForModel(rest, parseCreateRequest, deps);
  const { model } = request;
  const streaming = request.stream === true;
  Object.assign(logFields, { model, streaming });
  log.info({ model, streaming }, "processing request");
  if (ignored.length > 0)
    log.info({ ignored: toShownNames(ignored) }, "parts of the request have no effect here");

  let failure: ApiError | undefined;
  const { engine, metrics } = deps;
  const scope: RequestScope = {
    ...toRequestScope({ tenant, log }, metrics),
    ...door,
    warmUp: prewarm || door.warmUp === true,
    onFailure(error) {
      failure = error;
      // An answer that is not streamed is logged where it is turned into a status.
      if (streaming) log.warn({ err: error.cause ?? error, code: error.code }, error.message);
    },
  };
  return {
    request,
    ignored,
    scope,
    failure: () => failure,
    run: () => meter(respond(request, scope, engine), model, metrics, logFields),
  };
}

/**
 * Takes `prompt_cache_options.prewarm` out of a body: the one option that is carried out here. A response that is to be
 * made in the background is not only prepared.
 */
function takePrewarm(body: unknown): { rest: unknown; prewarm: boolean } {
  const { prompt_cache_options: options, ...rest } = (body ?? {}) as Record<string, unknown>;
  if (typeof options !== "object" || options === null || !("prewarm" in options) || rest.background === true)
    return { rest: body, prewarm: false };
  const { prewarm: asked, ...others } = options;
  const prewarm = asked ?? false;
  if (typeof prewarm !== "boolean") {
    throw unprocessable("Invalid type for 'prompt_cache_options.prewarm': expected a boolean.", {
      param: "prompt_cache_options.prewarm",
      code: "invalid_type",
    });
  }
  const kept = Object.keys(others).length > 0 ? { ...rest, prompt_cache_options: others } : rest;
  return { rest: kept, prewarm };
}

/** Renders names of fields as a header. Its value is printable ASCII; the names come from the caller. */
export function toHeaderList(names: readonly string[]): string {
  return toShownNames(names)
    .map((name) => name.replace(/[^\x21-\x7e]|,/g, "?"))
    .join(", ");
}

/** Names that may be of any number and length, as far as anyone is told of them. */
function toShownNames(names: readonly string[]): string[] {
  return names.slice(0, 50).map((name) => name.slice(0, 100));
}
