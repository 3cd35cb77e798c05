import { type CreateRequest, type Item, internal, type ResponseEvent } from "@gateway/protocol";
import { AnswerLength } from "./answer-length.ts";
import type { BegunCompaction, Compaction, Compactor } from "./compaction/compactor.ts";
import { runCompaction } from "./compaction/run-compaction.ts";
import { isCompacted } from "./compaction/to-remembered.ts";
import { type ContextEntry, toTurnContext } from "./context-entry.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { FirstCall } from "./first-call.ts";
import type { Keeper } from "./keep-response.ts";
import type { ModelBackend, ModelTurn } from "./model-backend.ts";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import type { OutputBudget } from "./output-budget.ts";
import type { Outcome, ResponseBuilder } from "./response-builder.ts";
import { ToolGate } from "./tool-gate.ts";
import { renderReminder, type ToolPolicy, toFollowingPolicy } from "./tool-policy.ts";
import { CitationReader } from "./tools/citation-reader.ts";
import { nameOfItems } from "./tools/offer-tools.ts";
import { runServerCalls } from "./tools/run-server-calls.ts";
import type { Sources } from "./tools/sources.ts";

/** Turns of one response. A model that still calls tools then is offered none that runs here any more. */
const maxTurns = 32;

/** What the turns of one response have in common. */
export interface Run {
  request: CreateRequest;
  backend: ModelBackend;
  policy: ToolPolicy;
  /** Numbers the passages that the model has been shown. */
  sources: Sources;
  /** What the request's prompt was rendered to: it stands before the context. */
  prompt: readonly Item[];
  compactor: Compactor;
  budget: OutputBudget;
  builder: ResponseBuilder;
  keeper: Keeper;
  scope: RequestScope;
}

/** A run whose model writes. */
interface Writing extends Run {
  length: AnswerLength;
}

/** A turn of the model that is to come, and the context in it. */
interface Next {
  turn: ModelTurn;
  entries: readonly ContextEntry[];
}

/**
 * Runs the model, then the tools it has called here, then the model again, until it has answered or it is the
 * caller's turn to run a function. Where the context has grown too long for what the request says, it is compacted
 * before the model goes on. `first` is what was called before the response began, if anything was.
 */
export async function* runTurns(
  run: Run,
  begin: Next,
  first: FirstCall = {},
): AsyncGenerator<ResponseEvent[], Outcome, undefined> {
  const { request, backend, builder, budget, scope } = run;
  const { response } = builder;
  const { signal } = scope.abort;
  if (run.compactor.only) {
    if (!response.output.some(isCompacted)) yield* compactIfDue(run, begin, first.compaction);
    return { status: "completed" };
  }
  const maxCalls = request.max_tool_calls ?? Number.POSITIVE_INFINITY;
  const length = new AnswerLength();
  let { policy } = run;
  let next = begin;
  let { stream, compaction } = first;
  for (let count = 1; ; count++) {
    if (stream === undefined) {
      next = yield* compactIfDue(run, next, compaction);
      if (scope.steered?.aborted) return steered;
      stream = await backend.open(next.turn, signal);
    }
    const before = response.output.length;
    const end = yield* runTurn({ ...run, policy, length }, next.turn, stream);
    stream = undefined;
    compaction = undefined;
    if ("status" in end) return end;
    const outcome = toOutcome(end.finish);
    if (end.diverted.length === 0 || outcome.status !== "completed") return outcome;

    const closing = builder.closeTurn();
    if (closing.length > 0) yield closing;
    const callsHere = () => countCalls(policy, response.output);
    const left = maxCalls - callsHere();
    const refused = yield* runServerCalls(end.diverted, policy.offer.servers, left, builder, signal);
    if (end.callsClient) return outcome;

    // A process that takes the response up again begins here.
    await run.keeper.checkpoint([]);
    if (scope.steered?.aborted) return steered;
    if (budget.spent) return outOfTokens;
    const mayCall = count < maxTurns && callsHere() < maxCalls;
    const added = [...(response.output.slice(before) as Item[]), ...refused].map((item) => ({
      item,
      shown: run.sources.show([item], (type) => nameOfItems(policy.offer, type)),
    }));
    policy = toFollowingPolicy(policy, response.tool_choice, mayCall);
    const entries = [...next.entries, ...added];
    next = {
      entries,
      turn: {
        ...next.turn,
        ...toTurnContext(run.prompt, entries),
        tools: policy.tools,
        toolChoice: policy.choice,
        maxOutputTokens: budget.left(),
      },
    };
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

/** One turn of the model. A call that it owes by the tool policy is asked for once more. */
async function* runTurn(
  run: Writing,
  turn: ModelTurn,
  first: AsyncIterable<ModelDelta[]>,
): AsyncGenerator<ResponseEvent[], ToolGate | Outcome, undefined> {
  const gate = yield* pushAll(first, run);
  if ("status" in gate) return gate;
  if (!gate.unsatisfied) return yield* release(gate, run);

  const reminder = renderReminder(run.policy);
  const instructions = turn.instructions === null ? reminder : `${turn.instructions}\n\n${reminder}`;
  if (run.budget.spent) return outOfTokens;
  const stream = await run.backend.open(
    { ...turn, instructions, maxOutputTokens: run.budget.left() },
    run.scope.abort.signal,
  );
  const again = yield* pushAll(stream, run);
  if ("status" in again) return again;
  if (!again.unsatisfied) return yield* release(again, run);
  throw internal("The model did not call a tool although 'tool_choice' requires it.", {
    code: "tool_choice_not_honored",
  });
}

async function* pushAll(
  stream: AsyncIterable<ModelDelta[]>,
  { policy, sources, builder, scope, length }: Writing,
): AsyncGenerator<ResponseEvent[], ToolGate | Outcome, undefined> {
  const gate = new ToolGate(policy);
  const citations = new CitationReader(sources);
  for await (const deltas of stream) {
    length.add(deltas);
    const events = builder.push(citations.pass(gate.pass(deltas)));
    if (events.length > 0) yield events;
    // Words may be cut; a call that has begun is what the model decided, and is let end.
    if (scope.steered?.aborted && !gate.hasCalls) {
      const rest = builder.push(citations.end());
      if (rest.length > 0) yield rest;
      return steered;
    }
  }
  if (gate.finish === undefined) throw internal("The model's answer was cut off.", { code: "upstream_cut" });
  const events = builder.push(citations.end());
  if (events.length > 0) yield events;
  if (gate.dropped.length > 0)
    scope.onFault(`calls outside the tool policy were dropped: ${gate.dropped.join(", ")}`);
  return gate;
}

/** What was held back of a turn that a limit has ended. */
function* release(
  gate: ToolGate,
  { builder, sources }: Run,
): Generator<ResponseEvent[], ToolGate, undefined> {
  const citations = new CitationReader(sources);
  const events = builder.push([...citations.pass(gate.release()), ...citations.end()]);
  if (events.length > 0) yield events;
  return gate;
}

const steered: Outcome = { status: "incomplete", reason: "steered" };
const outOfTokens: Outcome = { status: "incomplete", reason: "max_output_tokens" };

function toOutcome(finish: FinishReason | undefined): Outcome {
  if (finish === "length") return outOfTokens;
  if (finish === "content_filter") return { status: "incomplete", reason: "content_filter" };
  return { status: "completed" };
}

/** How many calls were carried out here: what `max_tool_calls` counts. */
function countCalls({ offer }: ToolPolicy, output: readonly { type: string }[]): number {
  const types = new Set<string>([...offer.servers.values()].map(({ itemType }) => itemType));
  return output.filter(({ type }) => types.has(type)).length;
}
