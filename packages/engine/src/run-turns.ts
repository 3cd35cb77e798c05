import type { ResponseEvent } from "@gateway/protocol";
import { AnswerLength } from "./answer-length.ts";
import { maxAtOnce } from "./call-budget.ts";
import type { BegunCompaction, Compaction } from "./compaction/compactor.ts";
import { runCompaction } from "./compaction/run-compaction.ts";
import { isCompacted } from "./compaction/to-remembered.ts";
import { toTurnContext } from "./context-entry.ts";
import type { FirstCall } from "./first-call.ts";
import { toFollowingTurn } from "./following-turn.ts";
import { outOfTokens, steered, toOutcome } from "./outcomes.ts";
import type { Outcome } from "./response-builder.ts";
import type { Next, Run } from "./run.ts";
import { runPrelude } from "./run-prelude.ts";
import { runTurn } from "./run-turn.ts";
import { runServerCalls } from "./tools/run-server-calls.ts";

/**
 * Does what is due before the model is asked, then runs the model, then the tools it has called here, then the model again,
 * until it has answered or it is the caller's turn to run a function. Where the context has grown too long for what the
 * request says, it is compacted before the model goes on. `first` is what was called before the response began, if
 * anything was: nothing where calls were approved of.
 */
export async function* runTurns(
  run: Run,
  begin: Next,
  first: FirstCall = {},
): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
  const { backend, builder, budget, calls, keeper, scope } = run;
  const { response } = builder;
  const { signal } = scope.abort;
  let { policy, next } = yield* runPrelude(run, begin);
  if (run.compactor.only) {
    if (!response.output.some(isCompacted)) yield* compactIfDue(run, next, first.compaction);
    return { status: "completed" };
  }
  const length = new AnswerLength();
  builder.knows(policy.offer);
  let { stream, compaction } = first;
  for (;;) {
    if (stream === undefined) {
      // A compaction that has begun is let end: it is paid for.
      if (compaction === undefined && scope.steered?.aborted) return steered;
      next = yield* compactIfDue(run, next, compaction);
      if (scope.steered?.aborted) return steered;
      stream = await backend.open(next.turn, signal);
    }
    const before = response.output.length;
    // What the turn tells of while it is written has its place in the output before it is carried out.
    const left = calls.left();
    const room = Math.min(left, maxAtOnce);
    const end = yield* runTurn({ ...run, policy, length, room }, next.turn, stream);
    stream = undefined;
    compaction = undefined;
    if ("status" in end) return end;
    const outcome = toOutcome(end.finish);
    if (end.diverted.length === 0 || outcome.status !== "completed") return outcome;

    const closing = builder.closeTurn();
    if (closing.length > 0) yield closing;
    const { servers } = policy.offer;
    const calledHere = [...end.diverted, ...end.refused];
    const { refused, asked } = yield* runServerCalls(calledHere, { servers, left }, run);
    if (end.callsClient || asked) return outcome;

    // A process that takes the response up again begins here.
    await keeper.checkpoint([]);
    if (scope.steered?.aborted) return steered;
    if (budget.spent) return outOfTokens;
    calls.endTurn();
    ({ policy, next } = await toFollowingTurn({ ...run, policy }, next, { before, refused }));
  }
}

/** What comes next, with its context compacted where that is due. */
async function* compactIfDue(
  run: Run,
  next: Next,
  begun: BegunCompaction | undefined,
): AsyncGenerator<ResponseEvent[], Next, undefined> {
  const due: Compaction | undefined = begun ?? (await run.compactor.due(next.entries, next.turn));
  const entries = due && (yield* runCompaction(due, run));
  return entries === undefined
    ? next
    : { entries, turn: { ...next.turn, ...toTurnContext(run.prompt, entries) } };
}
