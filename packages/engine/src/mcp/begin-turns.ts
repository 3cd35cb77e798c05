import type { Item, ResponseEvent } from "@gateway/protocol";
import { toTurnContext } from "../context-entry.ts";
import type { FirstCall } from "../first-call.ts";
import type { ModelTurn } from "../model-backend.ts";
import type { Outcome, ResponseBuilder } from "../response-builder.ts";
import { type Next, type Run, runTurns, toMade } from "../run-turns.ts";
import { toFollowingPolicy } from "../tool-policy.ts";
import { overBudget, tellCalls } from "../tools/run-server-calls.ts";
import { toExchange } from "../tools/sources.ts";
import { McpListFailure } from "./list-tools.ts";
import type { ApprovedTool } from "./mcp-prelude.ts";
import { OpenMcpList } from "./open-mcp-list.ts";
import type { FreshList } from "./open-mcp-tools.ts";

/** What is done before the first turn of the model. */
export interface Prelude {
  /** Lists of tools to tell of. */
  fresh: readonly FreshList[];
  /** Calls to carry out. The model is to see what they gave, so it is not asked before. */
  approved: readonly ApprovedTool[];
}

/**
 * Tells of the tools that were listed, carries out the calls that the caller has approved of, then runs the turns.
 * `first` is what the model was asked already; that is only right where nothing was approved.
 */
export async function* beginTurns(
  run: Run,
  { fresh, approved }: Prelude,
  begin: Next,
  first?: FirstCall,
): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
  const { builder, keeper } = run;
  if (fresh.length > 0) {
    yield tellLists(builder, fresh);
    // A process that takes the response up again finds them in it.
    if (builder.response.background) await keeper.checkpoint([]);
  }
  if (approved.length === 0) return yield* runTurns(run, begin, first);

  const before = builder.response.output.length;
  const refused = yield* runApproved(run, approved);
  await keeper.checkpoint([]);
  const entries = [...begin.entries, ...(await toMade(run, before, refused))];
  // What was compulsory has been done.
  const policy = toFollowingPolicy(run.policy, builder.response.tool_choice, mayCall(run));
  const turn: ModelTurn = {
    ...begin.turn,
    ...toTurnContext(run.prompt, entries),
    tools: policy.tools,
    toolChoice: policy.choice,
  };
  return yield* runTurns({ ...run, policy }, { turn, entries });
}

/** The events of a list of tools that failed, where that is why a response fails; none for any other failure. */
export function tellFailedList(builder: ResponseBuilder, failure: unknown): ResponseEvent[] {
  if (!(failure instanceof McpListFailure)) return [];
  tellList(builder, failure.label, { error: failure.reason });
  return builder.take();
}

function tellLists(builder: ResponseBuilder, lists: readonly FreshList[]): ResponseEvent[] {
  for (const { label, tools } of lists) tellList(builder, label, { tools });
  return builder.take();
}

function tellList(
  builder: ResponseBuilder,
  label: string,
  listing: ConstructorParameters<typeof OpenMcpList>[4],
): void {
  const open = builder.open(
    "mcp_list_tools",
    (id, index, emit) => new OpenMcpList(id, index, emit, label, listing),
  );
  builder.close(open, "completed");
}

/** Carries the calls out, as far as `max_tool_calls` goes. Gives what the model is to be told of the others. */
async function* runApproved(
  { request, builder, scope }: Run,
  approved: readonly ApprovedTool[],
): AsyncGenerator<ResponseEvent[], Item[], undefined> {
  const { signal } = scope.abort;
  const budget = request.max_tool_calls ?? approved.length;
  const started = approved.slice(0, budget).map(({ tool, request: { id, arguments: args } }) => ({
    tool,
    call: tool.callApproved(args, id, signal),
  }));
  yield* tellCalls(started, builder);
  return approved
    .slice(budget)
    .flatMap(({ tool, request: { id, arguments: args } }) =>
      toExchange(id, tool.definition.name, args, overBudget),
    );
}

function mayCall({ request, builder }: Run): boolean {
  const done = builder.response.output.filter(({ type }) => type === "mcp_call").length;
  return done < (request.max_tool_calls ?? Number.POSITIVE_INFINITY);
}
