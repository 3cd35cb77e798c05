import type { CreateRequest, Item, ResponseEvent } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { keepResponse } from "../keep-response.ts";
import { beginTurns, tellFailedList } from "../mcp/begin-turns.ts";
import { type Prepared, prepare } from "../prepare.ts";
import { type Outcome, ResponseBuilder } from "../response-builder.ts";
import type { Run } from "../run-turns.ts";
import type { ResponseRecord } from "../stores.ts";
import { work } from "../work.ts";

/**
 * Runs a stored response to its end. What the record has as output is kept: the turns whose tools have run. The turn
 * after them is begun (again); what `logged` says of a former attempt at it is closed and left behind. Yields the events
 * that are new.
 */
export function runQueued(
  request: CreateRequest,
  record: ResponseRecord,
  logged: readonly ResponseEvent[],
  scope: RequestScope,
  deps: EngineDeps,
): AsyncGenerator<ResponseEvent[], void, undefined> {
  const { response } = record;
  const builder = new ResponseBuilder(response, request.include);
  const keeper = keepResponse(record, true, scope, deps);
  const opening = builder.resume(logged);

  async function* turns(): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
    await keeper.checkpoint(opening);
    const done = [...response.output] as Item[];
    let found: Prepared;
    try {
      found = await prepare(request, response.id, done, scope, deps);
    } catch (thrown) {
      const failed = tellFailedList(builder, thrown);
      if (failed.length > 0) yield failed;
      throw thrown;
    }
    const { turn, prelude, ...prepared } = found;
    const run: Run = { request, builder, keeper, scope, ...prepared };
    const budget = request.max_output_tokens;
    const left = budget === undefined ? undefined : budget - (response.usage?.output_tokens ?? 0);
    if (left !== undefined && left <= 0) return { status: "incomplete", reason: "max_output_tokens" };
    const first = { ...turn, maxOutputTokens: left };
    return yield* beginTurns(run, prelude, first);
  }

  return work({ builder, keeper, scope, deps }, [], turns());
}
