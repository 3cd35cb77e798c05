import { ApiError, type CreateRequest, newId, type ResponseEvent } from "@gateway/protocol";
import { toRemembered } from "./compaction/to-remembered.ts";
import type { EngineDeps, RequestScope } from "./engine-deps.ts";
import { callFirst } from "./first-call.ts";
import { keepResponse } from "./keep-response.ts";
import { OutputBudget } from "./output-budget.ts";
import { prepare } from "./prepare.ts";
import { thoughtSealer } from "./reasoning/seal-thoughts.ts";
import { type Outcome, ResponseBuilder } from "./response-builder.ts";
import type { Run } from "./run.ts";
import { runTurns } from "./run-turns.ts";
import { hasAnswer } from "./stores.ts";
import { work } from "./work.ts";

/**
 * Answers a create request: history, model, tools, and the events that tell of it, in batches of what was
 * ready together. Everything that goes wrong before the model's server has accepted the call is thrown as an
 * {@link ApiError} by the first `next()`; from then on the stream opens with `response.created` and ends with
 * one terminal event. What an event announces is stored before it is yielded (unless `store` is false), and where the
 * request is streamed the event itself, too.
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
  let leave = () => {};
  try {
    const id = scope.responseId ?? newId("resp");
    const prepared = await prepare(request, id, scope, deps);
    const { initial, input, prelude } = prepared;
    // Where calls were approved of, the model is asked when it can be told what they gave.
    const waits = scope.warmUp === true || prelude.approved.length > 0;
    const first = waits ? undefined : await callFirst(prepared, scope);
    const builder = new ResponseBuilder(initial, request.include, thoughtSealer(request, scope.tenant, deps));
    const streamed = request.stream === true;
    const keeper = keepResponse({ response: builder.response, input }, streamed, scope, deps);
    if (streamed) leave = deps.running.enter(scope.tenant, id);
    const opening = builder.start();
    await keeper.checkpoint(opening).catch((thrown: unknown) => {
      // The model has begun, and nobody will hear it.
      scope.abort.abort();
      throw ApiError.from(thrown);
    });
    const budget = new OutputBudget(request.max_output_tokens, builder.response);
    const run: Run = { builder, keeper, scope, budget, ...prepared };
    yield* work(
      { builder, keeper, scope, deps },
      opening,
      scope.warmUp === true ? runNothing() : runTurns(run, prepared, first),
    );
    const { response } = builder;
    if (!response.store && hasAnswer(response))
      scope.memory?.set(id, toRemembered(prepared.context, response.output));
  } finally {
    leave();
    unlock();
  }
}

/** The turns of a response that is only prepared. */
// biome-ignore lint/correctness/useYield: it has nothing to tell
async function* runNothing(): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
  return { status: "completed" };
}
