import type { Item, ResponseEvent } from "@gateway/protocol";
import { type Following, toFollowingTurn } from "./following-turn.ts";
import { tellLists } from "./mcp/tell-lists.ts";
import type { Next, Run } from "./run.ts";
import { placeInTurn } from "./tools/parallel-to.ts";
import { overBudget, tellCalls } from "./tools/run-server-calls.ts";
import { toExchange } from "./tools/sources.ts";

/**
 * Does what is due before the first turn of the model: tells of the tools that were listed, and carries out the calls that
 * the caller has approved of. Gives the first turn, which shows the model what these gave: what was compulsory has been
 * done then.
 */
export async function* runPrelude(
  run: Run,
  begin: Next,
): AsyncGenerator<ResponseEvent[], Following, undefined> {
  const { builder, keeper, prelude } = run;
  if (prelude.fresh.length > 0) {
    yield tellLists(builder, prelude.fresh);
    // A process that takes the response up again finds them in it.
    if (builder.response.background) await keeper.checkpoint([]);
  }
  if (prelude.approved.length === 0) return { policy: run.policy, next: begin };

  const before = builder.response.output.length;
  const refused = yield* runApproved(run);
  return await toFollowingTurn(run, begin, { before, refused });
}

/**
 * Carries the approved calls out, as far as `max_tool_calls` goes. Gives what the model is to be told of the others. The
 * response is stored after each: a process that takes it up again carries out those that are not in it.
 */
async function* runApproved(run: Run): AsyncGenerator<ResponseEvent[], Item[], undefined> {
  const { approved } = run.prelude;
  const left = Math.max(0, run.calls.left());
  const turn = yield* tellCalls(
    (signal) =>
      approved.slice(0, left).map(({ tool, request: { id, arguments: args } }) => ({
        tool,
        call: tool.callApproved(args, id, signal),
      })),
    run,
    () => run.keeper.checkpoint([]),
  );
  const refused = approved
    .slice(left)
    .flatMap(({ tool, request: { id, arguments: args } }) =>
      toExchange(id, tool.definition.name, args, overBudget),
    );
  return placeInTurn(turn, refused);
}
