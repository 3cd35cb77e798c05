import {
  ApiError,
  type CreateRequest,
  internal,
  newId,
  type ResponseEvent,
  type ResponseObject,
  toInitialResponse,
} from "@gateway/protocol";
import { type Context, loadContext } from "./context.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { keepResponse } from "./keep-response.ts";
import type { ModelBackend, ModelTurn } from "./model-backend.ts";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { type Outcome, ResponseBuilder } from "./response-builder.ts";
import type { ResponseRecord } from "./stores.ts";
import { ToolGate } from "./tool-gate.ts";
import { renderReminder, type ToolPolicy, toToolPolicy } from "./tool-policy.ts";

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
  const { context, backend, turn, policy, initial, stream } = await begin(request, id, scope, deps);

  const builder = new ResponseBuilder(initial);
  const record: ResponseRecord = { response: builder.response, input: context.input };
  const keep = keepResponse(record, scope, deps);
  let outcome: Outcome = { status: "cancelled" };
  try {
    const opening = builder.start();
    if (request.stream === true) keep.begin();
    yield opening;
    outcome = yield* runTurns(backend, turn, stream, policy, builder, scope);
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
    const [context, { backend, model }] = await Promise.all([
      loadContext(request, id, scope.tenant, deps),
      deps.catalog.resolve(request.model),
    ]);
    const initial = toInitialResponse(request, id, seconds(deps));
    const policy = toToolPolicy(request.tools ?? [], initial.tool_choice, initial.parallel_tool_calls);
    const turn = toFirstTurn(request, context, policy, model);
    return { context, backend, turn, policy, initial, stream: await backend.open(turn, scope.abort.signal) };
  } catch (thrown) {
    throw ApiError.from(thrown);
  }
}

/** Runs the model until it has answered as the tool policy demands; a call it owes is asked for once more. */
async function* runTurns(
  backend: ModelBackend,
  turn: ModelTurn,
  first: AsyncIterable<ModelDelta[]>,
  policy: ToolPolicy,
  builder: ResponseBuilder,
  scope: RequestScope,
): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
  const gate = new ToolGate(policy);
  yield* pushAll(first, gate, builder);
  report(gate, scope);
  if (!gate.unsatisfied) return yield* finishWith(gate, builder);

  const reminder = renderReminder(policy);
  const instructions = turn.instructions === null ? reminder : `${turn.instructions}\n\n${reminder}`;
  const again = new ToolGate(policy);
  const left = remaining(turn.maxOutputTokens, builder.response);
  if (left !== undefined && left <= 0) return { status: "incomplete", reason: "max_output_tokens" };
  yield* pushAll(
    await backend.open({ ...turn, instructions, maxOutputTokens: left }, scope.abort.signal),
    again,
    builder,
  );
  report(again, scope);
  if (!again.unsatisfied) return yield* finishWith(again, builder);
  throw internal("The model did not call a tool although 'tool_choice' requires it.", {
    code: "tool_choice_not_honored",
  });
}

async function* pushAll(
  stream: AsyncIterable<ModelDelta[]>,
  gate: ToolGate,
  builder: ResponseBuilder,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  for await (const deltas of stream) {
    const events = builder.push(gate.pass(deltas));
    if (events.length > 0) yield events;
  }
  if (gate.finish === undefined) throw internal("The model's answer was cut off.", { code: "upstream_cut" });
}

function* finishWith(
  gate: ToolGate,
  builder: ResponseBuilder,
): Generator<ResponseEvent[], Outcome, undefined> {
  const events = builder.push(gate.release());
  if (events.length > 0) yield events;
  return toOutcome(gate.finish);
}

function toOutcome(finish: FinishReason | undefined): Outcome {
  if (finish === "length") return { status: "incomplete", reason: "max_output_tokens" };
  if (finish === "content_filter") return { status: "incomplete", reason: "content_filter" };
  return { status: "completed" };
}

function toFirstTurn(request: CreateRequest, context: Context, policy: ToolPolicy, model: string): ModelTurn {
  return {
    request,
    model,
    instructions: request.instructions ?? null,
    items: context.items,
    places: context.places,
    tools: policy.tools,
    toolChoice: policy.choice,
    maxOutputTokens: request.max_output_tokens,
  };
}

/** The output budget covers the whole response, not each turn. */
function remaining(budget: number | undefined, response: ResponseObject): number | undefined {
  return budget === undefined ? undefined : budget - (response.usage?.output_tokens ?? 0);
}

function toFault(thrown: unknown, scope: RequestScope): ApiError {
  const error = ApiError.from(thrown);
  scope.onFailure(error);
  return error;
}

function report(gate: ToolGate, scope: RequestScope): void {
  if (gate.dropped.length > 0)
    scope.onFault(`calls outside the tool policy were dropped: ${gate.dropped.join(", ")}`);
}

function seconds(deps: EngineDeps): number {
  return Math.floor(deps.now() / 1000);
}
