import { type CreateRequest, type Item, internal, type ResponseEvent, toShownName } from "@gateway/protocol";
import type { AnswerLength } from "./answer-length.ts";
import type { DivertedCall } from "./gated-call.ts";
import type { ModelTurn, TurnToolChoice } from "./model-backend.ts";
import type { FinishReason, ModelDelta } from "./model-delta.ts";
import { outOfTokens, steered } from "./outcomes.ts";
import type { Outcome } from "./response-builder.ts";
import type { Run } from "./run.ts";
import { ToolGate } from "./tool-gate.ts";
import { type Complaint, findComplaint } from "./tools/client/complain.ts";
import { showPassed } from "./tools/show-calls.ts";
import { TextMarks } from "./tools/text-marks.ts";

/** A run whose model writes. */
export interface Writing extends Run {
  length: AnswerLength;
  /** How many calls of tools that run here are sure to be carried out after the turn. */
  room: number;
}

/** How a turn has ended. */
export interface TurnEnd {
  finish: FinishReason | undefined;
  /** Calls that are for this server. */
  diverted: readonly DivertedCall[];
  /** Calls of tools that are not on offer. */
  refused: readonly DivertedCall[];
  /** True where there are calls for the caller. */
  callsClient: boolean;
}

/**
 * One turn of the model, which has been opened as `first`. A call that it owes by the tool policy, or that cannot be read,
 * is asked for once more, and so is what is to come in place of calls that may not be made. Gives an outcome where the
 * response ends within the turn.
 */
export async function* runTurn(
  run: Writing,
  turn: ModelTurn,
  first: AsyncIterable<ModelDelta[]>,
): AsyncGenerator<ResponseEvent[], TurnEnd | Outcome, undefined> {
  const { builder, policy, scope, length } = run;
  const before = builder.response.output.length;
  let stream = first;
  let passedBefore = 0;
  for (let again = false; ; again = true) {
    const gate = new ToolGate(policy, run.room);
    const marks = new TextMarks(run.sources, writesLinks(turn.request));
    for await (const deltas of stream) {
      length.add(deltas);
      const events = builder.push(marks.pass(gate.pass(deltas)));
      if (events.length > 0) yield events;
      // Words may be cut; a call that has begun is what the model decided, and is let end.
      if (scope.steered?.aborted && !gate.hasCalls) {
        const rest = builder.push(marks.end());
        if (rest.length > 0) yield rest;
        return steered;
      }
    }
    if (gate.finish === undefined)
      throw internal("The model's answer was cut off.", { code: "upstream_cut" });
    const rest = builder.push(marks.end());
    if (rest.length > 0) yield rest;
    if (gate.dropped.length > 0) scope.onFault(tellDropped(gate.dropped));

    const complaint = await findComplaint(gate, policy, { signal: scope.abort.signal });
    if (complaint === undefined || (again && isBearable(complaint, passedBefore))) {
      // What was held back until it was known that it may go on.
      const released = builder.push([...marks.pass(gate.release()), ...marks.end()]);
      if (released.length > 0) yield released;
      const { finish, diverted, refused, callsClient } = gate;
      return { finish, diverted, refused, callsClient: callsClient || passedBefore > 0 };
    }
    if (again || complaint.final) throw complaint.error;
    if (run.budget.spent) return outOfTokens;
    // What the model thinks of it now is another thought.
    const closing = builder.closeTurn();
    if (closing.length > 0) yield closing;
    passedBefore = gate.passedCalls;
    stream = await run.backend.open(toSecondTry(run, turn, { before, complaint }), scope.abort.signal);
  }
}

/** The turn once more, with what was wrong and what the caller has seen of it already. */
function toSecondTry(
  { builder, policy, budget }: Run,
  turn: ModelTurn,
  { before, complaint: { reminder, items, input } }: { before: number; complaint: Complaint },
): ModelTurn {
  const said = showPassed(builder.response.output.slice(before), policy.offer.clients);
  return {
    ...turn,
    instructions: [turn.instructions, reminder].filter((text) => text != null).join("\n\n") || null,
    // Servers would go on with words of the model's that nothing stands behind.
    items: items.length > 0 ? [...turn.items, ...asOneTurn([...said, ...items])] : turn.items,
    maxOutputTokens: budget.left(),
    toolChoice: withoutInput(turn.toolChoice),
    again: input,
  };
}

/** The line of the log about calls that were dropped: a model may write any number, of any names. */
function tellDropped(names: readonly string[]): string {
  const more = names.length > mostTold ? ` and ${names.length - mostTold} more` : "";
  const told = names.slice(0, mostTold).map(toShownName).join(", ");
  return `calls outside the tool policy were dropped: ${told}${more}`;
}

const mostTold = 20;

/** Whether a second try that is no better either ends the response with what there is. */
function isBearable({ bearable }: Complaint, passedBefore: number): boolean {
  return bearable === "always" || (bearable === "with calls" && passedBefore > 0);
}

/** Items of one turn as it was: all of its calls come before what came of them. */
function asOneTurn(items: readonly Item[]): Item[] {
  const isOutput = ({ type }: Item) => type === "function_call_output";
  return [...items.filter((item) => !isOutput(item)), ...items.filter(isOutput)];
}

/** The same choice for a turn whose call may be written in any way. */
function withoutInput(choice: TurnToolChoice): TurnToolChoice {
  return typeof choice === "object" ? { name: choice.name } : choice;
}

/** Whether a citation of a page may stand in the text as a link: text of a given form is not to be added to. */
function writesLinks({ text }: CreateRequest): boolean {
  return (text?.format?.type ?? "text") === "text";
}
