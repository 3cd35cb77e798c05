import { type Item, unprocessable } from "@gateway/protocol";
import { answerOf, callOf, nameOfKind, withCallIds } from "./call-ids.ts";
import { isSystemMessage, isUserMessage, noSummaries, type SummaryIds } from "./message-author.ts";
import { RepeatedItems } from "./repeated-items.ts";

/** What pairing may take into account. */
export interface PairingOptions {
  /** Leaves calls that are still unanswered as they are: no model is shown them. */
  mayWait?: boolean;
  /** Tells compacted context from what the user said. */
  summaries?: SummaryIds;
  /** Items of the history that a compaction stands for: they are not shown, but may come again. */
  covered?: readonly Item[];
  /** Ids of items of the input that the caller has given. */
  named?: ReadonlySet<string>;
}

/** History and input with their calls paired. */
export interface PairedItems {
  items: Item[];
  /** Ids of items of the input that are not among them, since the history has them already. */
  repeated: ReadonlySet<string>;
}

/**
 * Joins history and input and sees to it that every call is followed by its output, as every model
 * server demands. Faults in the caller's own input, and calls of the history that are still unanswered, are
 * a 422; what deletions or cut answers left behind in the history is passed over. What of the history comes again is
 * left out ({@link RepeatedItems}). Ids of calls may come back in later turns (some servers count from zero), so pairing
 * goes by order. Throws on equal item ids too. `places` tells where in the request each item of the input stands, for
 * errors.
 */
export function pairCalls(
  earlier: readonly Item[],
  own: readonly Item[],
  places: readonly number[],
  { mayWait = false, summaries = noSummaries, ...known }: PairingOptions = {},
): PairedItems {
  const all = [...earlier, ...own];
  const input = withCallIds(own, all);
  const history = withoutRemnants(withCallIds(earlier, all), input, summaries);
  const repeats = new RepeatedItems(history, input, known);
  const pending = new Map(repeats.open);
  const ids = new Set<string>();
  for (const [position, item] of input.entries()) {
    const index = places[position] ?? -1;
    if (index >= 0) checkId(item, index, ids);
    const calls = callOf(item);
    const answers = answerOf(item);
    const waiting = pending.get(calls ?? answers ?? "");
    if (calls !== undefined) {
      if (repeats.takesCall(item, calls, waiting)) continue;
      if (waiting !== undefined)
        fail(`Duplicate ${nameOfKind(item)} with call_id ${calls}.`, index, "call_id");
      pending.set(calls, item);
    } else if (answers !== undefined && waiting !== undefined) {
      pending.delete(answers);
      repeats.noteOutput(item, answers, waiting);
    } else if (answers !== undefined) {
      const known = repeats.takesOutput(item, answers);
      if (known === "other")
        fail(
          `The call with call_id ${answers} already has another output. A call is answered once: leave this ${nameOfKind(item)} out, or tell what has changed in a message.`,
          index,
          "output",
        );
      if (known === "none") throw unpaired(item, answers, all);
    }
  }
  const [unanswered] = pending;
  if (unanswered !== undefined && !mayWait) {
    const [callId, item] = unanswered;
    throw unprocessable(`No tool output found for ${nameOfKind(item)} ${callId}.`, { param: "input" });
  }
  const repeated = repeats.ids();
  return { items: [...history, ...input.filter(({ id }) => !repeated.has(id))], repeated };
}

/**
 * History without calls that were cut off, outputs whose call is gone, and calls whose answering turn is gone.
 * A call is of the last kind when neither history nor input answers it although the caller has written
 * something since: that was accepted only because the answer was there at the time.
 */
function withoutRemnants(history: readonly Item[], input: readonly Item[], summaries: SummaryIds): Item[] {
  const gone = new Set<number>();
  const open = new Map<string, number>();
  let lastAsked = -1;
  for (const [position, item] of history.entries()) {
    const calls = callOf(item);
    const answers = answerOf(item);
    if (calls !== undefined) {
      if (isCutOff(item)) gone.add(position);
      else {
        gone.add(open.get(calls) ?? -1);
        open.set(calls, position);
      }
    } else if (answers !== undefined) {
      if (!open.delete(answers)) gone.add(position);
      lastAsked = position;
    } else if (isSystemMessage(item) || isUserMessage(item, summaries.has(item.id))) {
      lastAsked = position;
    }
  }
  const answered = answeredBy(input);
  for (const [callId, position] of open) {
    if (position < lastAsked && !answered.has(callId)) gone.add(position);
  }
  return history.filter((_item, position) => !gone.has(position));
}

/** Ids of the calls outside these items that they have outputs for. */
function answeredBy(items: readonly Item[]): Set<string> {
  const own = new Set<string>();
  const answered = new Set<string>();
  for (const item of items) {
    const calls = callOf(item);
    const answers = answerOf(item);
    if (calls !== undefined) own.add(calls);
    else if (answers !== undefined && !own.has(answers)) answered.add(answers);
  }
  return answered;
}

function isCutOff(item: Item): boolean {
  return "status" in item && item.status === "incomplete";
}

function checkId(item: Item, index: number, ids: Set<string>): void {
  if (ids.has(item.id)) fail(`Duplicate item found with id ${item.id}.`, index, "id");
  ids.add(item.id);
}

/** An output that answers nothing; says so of a call that is there and cannot be answered by it. */
function unpaired(item: Item, callId: string, all: readonly Item[]) {
  const call = all.find((candidate) => callOf(candidate) === callId);
  const name = nameOfKind(item);
  if (call === undefined)
    return unprocessable(`No tool call found for ${name} with call_id ${callId}.`, { param: "input" });
  const reason = isCutOff(call)
    ? `The ${nameOfKind(call)} with call_id ${callId} was cut off before it was whole, so it has no output.`
    : `The ${name} with call_id ${callId} stands before its call. Send the call first.`;
  return unprocessable(reason, { param: "input" });
}

function fail(message: string, index: number, field: string): never {
  throw unprocessable(message, {
    param: index < 0 ? "input" : `input[${index}].${field}`,
    code: "invalid_value",
  });
}
