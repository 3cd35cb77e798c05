import { type CreateRequest, type Item, internal, type ResponseEvent } from "@gateway/protocol";
import { AnswerLength } from "./answer-length.ts";
import type { BegunCompaction, Compaction, Compactor } from "./compaction/compactor.ts";
import { runCompaction } from "./compaction/run-compaction.ts";
import { isCompacted } from "./compaction/to-remembered.ts";
import { type ContextEntry, toTurnContext } from "./context-entry.ts";
import type { RequestScope } from "./engine-deps.ts";
import type { FirstCall } from "./first-call.ts";
import type { Keeper } from "./keep-response.ts";
import type { ModelBackend, ModelTurn, TurnToolChoice } from "./model-backend.ts";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import type { OutputBudget } from "./output-budget.ts";
import type { Outcome, ResponseBuilder } from "./response-builder.ts";
import { asTheyAre, showItems } from "./show-items.ts";
import { type DivertedCall, ToolGate } from "./tool-gate.ts";
import { type ToolPolicy, toFollowingPolicy } from "./tool-policy.ts";
import { findComplaint } from "./tools/client/complain.ts";
import { maxAtOnce, runServerCalls } from "./tools/run-server-calls.ts";
import { showPassed } from "./tools/show-calls.ts";
import type { Sources } from "./tools/sources.ts";
import { TextMarks } from "./tools/text-marks.ts";

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
  /** How many calls of tools that run here are sure to be carried out after the turn. */
  room: number;
}

/** A turn of the model that is to come, and the context in it. */
export interface Next {
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
  builder.knows(policy.offer);
  let next = begin;
  let { stream, compaction } = first;
  for (let count = 1; ; count++) {
    if (stream === undefined) {
      next = yield* compactIfDue(run, next, compaction);
      if (scope.steered?.aborted) return steered;
      stream = await backend.open(next.turn, signal);
    }
    const before = response.output.length;
    const callsHere = () => countCalls(policy, response.output);
    // What the turn tells of while it is written has its place in the output before it is carried out.
    const left = maxCalls - callsHere();
    const room = Math.min(left, maxAtOnce);
    const end = yield* runTurn({ ...run, policy, length, room }, next.turn, stream);
    stream = undefined;
    compaction = undefined;
    if ("status" in end) return end;
    const outcome = toOutcome(end.finish);
    if (end.diverted.length === 0 || outcome.status !== "completed") return outcome;

    const closing = builder.closeTurn();
    if (closing.length > 0) yield closing;
    const { refused, asked } = yield* runServerCalls(
      end.diverted,
      policy.offer.servers,
      left,
      builder,
      signal,
    );
    if (end.callsClient || asked) return outcome;

    // A process that takes the response up again begins here.
    await run.keeper.checkpoint([]);
    if (scope.steered?.aborted) return steered;
    if (budget.spent) return outOfTokens;
    const mayCall = count < maxTurns && callsHere() < maxCalls;
    const added = await toMade({ ...run, policy }, before, refused);
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

/** What the response has gained from the place `before` on, and `refused`, as parts of the context. */
export async function toMade(
  { builder, policy, sources }: Pick<Run, "builder" | "policy" | "sources">,
  before: number,
  refused: readonly Item[],
): Promise<ContextEntry[]> {
  const items = [...(builder.response.output.slice(before) as Item[]), ...refused];
  const shown = await showItems(items, policy.offer, sources, asTheyAre);
  return items.map((item, index) => ({ item, shown: shown[index] ?? [] }));
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

/** How a turn has ended. */
interface TurnEnd {
  finish: FinishReason | undefined;
  diverted: readonly DivertedCall[];
  callsClient: boolean;
}

/** One turn of the model. A call that it owes by the tool policy, or that cannot be read, is asked for once more. */
async function* runTurn(
  run: Writing,
  turn: ModelTurn,
  first: AsyncIterable<ModelDelta[]>,
): AsyncGenerator<ResponseEvent[], TurnEnd | Outcome, undefined> {
  const { builder, policy, scope } = run;
  const before = builder.response.output.length;
  const gate = yield* pushAll(first, run);
  if ("status" in gate) return gate;
  const complaint = await findComplaint(gate, policy);
  if (complaint === undefined) return yield* release(gate, run);
  if (complaint.final) throw complaint.error;

  if (run.budget.spent) return outOfTokens;
  if (complaint.items.length > 0) {
    const closing = builder.closeTurn();
    if (closing.length > 0) yield closing;
  }
  const said = showPassed(builder.response.output.slice(before), policy.offer.clients);
  const stream = await run.backend.open(
    {
      ...turn,
      instructions:
        [turn.instructions, complaint.reminder].filter((text) => text != null).join("\n\n") || null,
      items: complaint.items.length > 0 ? [...turn.items, ...said, ...complaint.items] : turn.items,
      maxOutputTokens: run.budget.left(),
      toolChoice: withoutInput(turn.toolChoice),
      again: complaint.input,
    },
    scope.abort.signal,
  );
  const again = yield* pushAll(stream, run);
  if ("status" in again) return again;
  const second = await findComplaint(again, policy);
  if (second !== undefined) throw second.error;
  const end = yield* release(again, run);
  return { ...end, callsClient: end.callsClient || gate.passedCalls > 0 };
}

/** The same choice for a turn whose call may be written in any way. */
function withoutInput(choice: TurnToolChoice): TurnToolChoice {
  return typeof choice === "object" ? { name: choice.name } : choice;
}

async function* pushAll(
  stream: AsyncIterable<ModelDelta[]>,
  { request, policy, sources, builder, scope, length, room }: Writing,
): AsyncGenerator<ResponseEvent[], ToolGate | Outcome, undefined> {
  const gate = new ToolGate(policy, room);
  const citations = new TextMarks(sources, writesLinks(request));
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

/** What was held back of a turn, once it is known that it may go on. */
function* release(
  gate: ToolGate,
  { request, builder, sources }: Run,
): Generator<ResponseEvent[], TurnEnd, undefined> {
  const citations = new TextMarks(sources, writesLinks(request));
  const events = builder.push([...citations.pass(gate.release()), ...citations.end()]);
  if (events.length > 0) yield events;
  const { finish, diverted, callsClient } = gate;
  return { finish, diverted, callsClient };
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

/** Whether a citation of a page may stand in the text as a link: text of a given form is not to be added to. */
function writesLinks({ text }: CreateRequest): boolean {
  return (text?.format?.type ?? "text") === "text";
}
