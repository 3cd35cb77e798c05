import { type KeyedRun, openEvents, withSealedThoughts } from "@gateway/engine";
import {
  type CreateRequest,
  encodeEvents,
  encodeRecorded,
  notFound,
  pageOf,
  pageQuery,
  ssePing,
  toListObject,
  toVisibleItem,
  toVisibleResponse,
  validate,
  within,
} from "@gateway/protocol";
import * as z from "zod";
import { answerOnce } from "../answer-once.ts";
import type { AppContext, AppDeps } from "../context.ts";
import { openCreateCall, toHeaderList } from "../create-call.ts";
import { drain } from "../drain.ts";
import { sendEvents } from "../event-stream.ts";
import { passLimits } from "../pass-limits.ts";
import { readInclude } from "../read-include.ts";
import { readJson } from "../read-json.ts";
import { abortWhenGone } from "../request-scope.ts";
import type { Handler } from "../route-table.ts";
import { WaitingRoom } from "../waiting-room.ts";

/** Requests of one Idempotency-Key that wait for its answer at once. A client that tries again sends one at a time. */
const maxWaiting = 8;

/** `POST /v1/responses`: validate, call the engine, pick the sink. */
export function create(deps: AppDeps): Handler {
  const { config, background, idempotency } = deps;
  const room = new WaitingRoom(maxWaiting);
  return async (c) => {
    const body = await readJson(c, config.requests);
    const fields = c.get("logFields");
    const call = await openCreateCall(
      body,
      { tenant: c.get("tenant"), log: c.get("log"), logFields: fields },
      deps,
    );
    const { request, ignored, scope } = call;
    const streaming = request.stream === true;
    if (ignored.length > 0) c.header("x-gateway-ignored", toHeaderList(ignored));

    abortWhenGone(c, scope.abort);
    scope.onLimits = passLimits(c);
    const obfuscate = request.stream_options?.include_obfuscation !== false;
    const follow = (id: string) => sendStored(c, deps, id, { obfuscate, include: request.include });
    async function make(run: KeyedRun | undefined): Promise<Response> {
      scope.responseId = run?.responseId;
      if (request.background === true) {
        const response = await background.start(request, scope);
        fields.response_id = response.id;
        return streaming ? follow(response.id) : c.json(response);
      }
      const batches = run?.watch(call.run()) ?? call.run();
      if (!streaming) return c.json(await drain(batches, call.failure));

      // Until the model's server has answered, a failure still has a status of its own.
      const first = await batches.next();
      return sendEvents(c, encodeEvents(first.value ?? [], obfuscate), batches, {
        encode: (events) => encodeEvents(events, obfuscate),
        heartbeat: config.requests.heartbeat,
        onCancel: () => scope.abort.abort(),
      });
    }
    return answerOnce(c, { idempotency, room }, { request, body, follow, make });
  };
}

/** How the events of a stored response are sent. */
interface StoredEvents {
  /** The number of the last event that is not wanted any more. */
  after?: number | undefined;
  obfuscate?: boolean | null | undefined;
  /** What is shown where they have to be told again. */
  include?: CreateRequest["include"];
}

/** The events of a stored response behind number `after`, until it has ended. A reader that leaves ends nothing else. */
async function sendStored(
  c: AppContext,
  { config, engine }: AppDeps,
  id: string,
  { after = -1, obfuscate, include }: StoredEvents,
): Promise<Response> {
  const left = abortWhenGone(c, new AbortController());
  // A 404, while there is a status to say it with.
  const events = await openEvents(c.get("tenant"), id, after, engine, left.signal, include);
  // The next event may be long in coming: a comment tells that the request was heard.
  return sendEvents(c, ssePing, events, {
    encode: (batch) => encodeRecorded(batch, obfuscate !== false),
    heartbeat: config.requests.heartbeat,
    onCancel: () => left.abort(),
  });
}

const flag = z.enum(["true", "false"]).transform((word) => word === "true");

const replayQuery = z.looseObject({
  stream: flag.optional(),
  /** The number of the last event that is not wanted any more. */
  starting_after: z.coerce
    .number()
    .int()
    .check(within({ min: -1 }))
    .optional(),
  include_obfuscation: flag.optional(),
});

/** `GET /v1/responses/{id}`: the object, or with `stream=true` its events, those to come included. */
export function retrieve(deps: AppDeps): Handler {
  const { engine } = deps;
  return async (c) => {
    const { stream, starting_after: after, include_obfuscation } = validate(replayQuery, c.req.query());
    const include = readInclude(c);
    if (stream === true)
      return sendStored(c, deps, idOf(c), { after, obfuscate: include_obfuscation, include });
    const record = await engine.responses.get(c.get("tenant"), idOf(c));
    if (!record) throw unknownResponse(c);
    const response = withSealedThoughts(record.response, include, c.get("tenant"), engine);
    return c.json(toVisibleResponse(response, include));
  };
}

/** `DELETE /v1/responses/{id}`. What is only kept for the idempotency key of its request goes, too. */
export function remove({ engine, background, idempotency }: AppDeps): Handler {
  return async (c) => {
    const wasStored = await engine.responses.delete(c.get("tenant"), idOf(c));
    const wasKept = await idempotency.forget(c.get("tenant"), idOf(c));
    if (!wasStored && !wasKept) throw unknownResponse(c);
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

function idOf(c: AppContext): string {
  return c.req.param("id") ?? "";
}

function unknownResponse(c: AppContext) {
  return notFound(`Response with id '${idOf(c)}' not found.`);
}
