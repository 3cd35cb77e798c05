import {
  ApiError,
  type CreateRequest,
  type Item,
  newId,
  type ResponseEvent,
  toInitialResponse,
} from "@gateway/protocol";
import { type Context, loadContext } from "./context.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { keepResponse } from "./keep-response.ts";
import type { ModelTurn } from "./model-backend.ts";
import { pathsInto } from "./param-path.ts";
import { renderPrompt } from "./render-prompt.ts";
import { resolveFiles } from "./resolve-files.ts";
import { type Outcome, ResponseBuilder } from "./response-builder.ts";
import { runTurns, searchName } from "./run-turns.ts";
import type { ResponseRecord } from "./stores.ts";
import { type ToolPolicy, toToolPolicy } from "./tool-policy.ts";
import { offerTools } from "./tools/offer-tools.ts";
import { Sources } from "./tools/sources.ts";

/**
 * Answers a create request: history, model, tools, and the events that tell of it, in batches of what was
 * ready together. Everything that goes wrong before the model's server has accepted the call is thrown as an
 * {@link ApiError} by the first `next()`; from then on the stream opens with `response.created` and ends with
 * one terminal event. What that event announces is stored before it is yielded (unless `store` is false).
 *
 * When `scope.abort` is aborted or the stream is returned, the model's server is told at once, and the response is
 * stored as cancelled, with every item closed.
 */
export async function* respond(
  request: CreateRequest,
  scope: RequestScope,
  deps: EngineDeps,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const unlock = deps.locks.acquire(scope.tenant, request.conversation);
  try {
    yield* answer(request, scope, deps);
  } finally {
    unlock();
  }
}

/** {@link respond} while the conversation, if there is one, is held. */
async function* answer(
  request: CreateRequest,
  scope: RequestScope,
  deps: EngineDeps,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const id = newId("resp");
  const { input, initial, turn, stream, ...begun } = await begin(request, id, scope, deps);

  const builder = new ResponseBuilder(initial, request.include);
  const record: ResponseRecord = { response: builder.response, input };
  const keep = keepResponse(record, scope, deps);
  let outcome: Outcome = { status: "cancelled" };
  try {
    const opening = builder.start();
    if (request.stream === true) keep.begin();
    yield opening;
    outcome = yield* runTurns({ request, builder, scope, ...begun }, turn, stream);
  } catch (thrown) {
    if (scope.abort.signal.aborted) return;
    outcome = { status: "failed", error: toFault(thrown, scope) };
  } finally {
    // Left by an abort or by return(): nobody reads on, and this is the last that is done for the response.
    if (outcome.status === "cancelled") {
      // A stream that nobody has begun to read does not notice that it is returned.
      scope.abort.abort();
      builder.settle(outcome, seconds(deps));
      await keep
        .finish()
        .catch((error: unknown) => scope.onFault("a cancelled response was not stored", error));
    }
  }
  const closing = builder.settle(outcome, seconds(deps));
  try {
    await keep.finish();
  } catch (thrown) {
    closing.push(...builder.settle({ status: "failed", error: toFault(thrown, scope) }, seconds(deps)));
    // What has begun in the store should not stay there as if it ran on; what failed once may work now.
    await keep.finish().catch(() => {});
  }
  closing.push(...builder.end());
  yield closing;
}

/**
 * Collects what the model is to be shown and starts its first turn. Whatever goes wrong is thrown as an
 * {@link ApiError}.
 */
async function begin(request: CreateRequest, id: string, scope: RequestScope, deps: EngineDeps) {
  try {
    const [prompt, context, { backend, model }, offer] = await Promise.all([
      renderPrompt(request.prompt, scope.tenant, deps.prompts),
      loadContext(request, id, scope.tenant, deps),
      deps.catalog.resolve(request.model),
      offerTools(request.tools ?? [], scope, deps),
    ]);
    const initial = toInitialResponse(request, id, seconds(deps), prompt);
    const policy = toToolPolicy(offer, initial.tool_choice, initial.parallel_tool_calls);
    const sources = new Sources();
    const items = [
      ...(await resolveFiles(prompt, () => () => "prompt.variables", scope, deps.files)),
      ...(await resolveFiles(context.items, (item) => pathsInto(context.places, item), scope, deps.files)),
    ];
    const turn = toFirstTurn(request, sources.show(items, searchName(policy)), context, policy, model);
    const stream = await backend.open(turn, scope.abort.signal);
    return { input: context.input, backend, turn, policy, sources, initial, stream };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}

function toFirstTurn(
  request: CreateRequest,
  items: Item[],
  { places }: Context,
  policy: ToolPolicy,
  model: string,
): ModelTurn {
  return {
    request,
    model,
    instructions: request.instructions ?? null,
    items,
    places,
    tools: policy.tools,
    toolChoice: policy.choice,
    maxOutputTokens: request.max_output_tokens,
  };
}

function toFault(thrown: unknown, scope: RequestScope): ApiError {
  const error = ApiError.from(thrown);
  scope.onFailure(error);
  return error;
}

function seconds(deps: EngineDeps): number {
  return Math.floor(deps.now() / 1000);
}
