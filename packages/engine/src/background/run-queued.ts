import type { CreateRequest, ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { keepResponse } from "../keep-response.ts";
import { tellFailedList } from "../mcp/tell-lists.ts";
import { outOfTokens } from "../outcomes.ts";
import { OutputBudget } from "../output-budget.ts";
import { type Prepared, prepare } from "../prepare.ts";
import { thoughtSealer } from "../reasoning/seal-thoughts.ts";
import { type Outcome, ResponseBuilder } from "../response-builder.ts";
import type { Next, Run } from "../run.ts";
import { runTurns } from "../run-turns.ts";
import type { ResponseRecord } from "../stores.ts";
import { work } from "../work.ts";
import { addEnded, runDue, takeDue } from "./due-calls.ts";

/**
 * Runs a stored response to its end. What the record has as output is kept: the turns whose tools have run, and of a turn
 * some of whose calls had ended all but those under way, which are carried out again. The turn after these is begun (again);
 * what `logged` says of a former attempt at it is closed and left behind. Yields the events that are new. Throws
 * where its end cannot be stored: it has not ended then.
 */
export function runQueued(
  request: CreateRequest,
  record: ResponseRecord,
  logged: readonly ResponseEvent[],
  scope: RequestScope,
  deps: EngineDeps,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const { response } = record;
  addEnded(response, logged);
  const builder = new ResponseBuilder(response, request.include, thoughtSealer(request, scope.tenant, deps));
  const keeper = keepResponse(record, true, scope, deps);
  const opening = builder.resume(logged);

  async function* turns(): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
    await keeper.checkpoint(opening);
    // What is stored has them until they stand in it anew.
    const due = takeDue(response);
    let prepared: Prepared;
    try {
      prepared = await prepare(request, response.id, scope, deps, { left: response });
    } catch (thrown) {
      const failed = tellFailedList(builder, thrown);
      if (failed.length > 0) yield failed;
      throw thrown;
    }
    // Thoughts that could still be opened when it was queued may have lost their key since.
    const { input_transformations: removed } = prepared.initial;
    if (removed) response.input_transformations = removed;
    const budget = new OutputBudget(request.max_output_tokens, response, prepared.uncounted);
    if (budget.spent) return outOfTokens;
    const run: Run = { builder, keeper, scope, budget, ...prepared };
    const turn = { ...prepared.turn, maxOutputTokens: budget.left() };
    const begin: Next = { ...prepared, turn };
    if (due.length === 0) return yield* runTurns(run, begin);
    const following = yield* runDue(run, begin, due);
    if (following === undefined) return { status: "completed" };
    return yield* runTurns({ ...run, policy: following.policy }, following.next);
  }

  return work({ builder, keeper, scope, deps, retried: true }, [], turns());
}
