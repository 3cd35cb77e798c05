import { type Item, unprocessable } from "@gateway/protocol";
import { answerOf, callOf, nameOfKind, withCallIds } from "./call-ids.ts";
import { isSystemMessage, isUserMessage, noSummaries, type SummaryIds } from "./message-author.ts";

/**
 * Joins history and input and sees to it that every call is followed by its output, as every model
 * server demands. Faults in the caller's own input, and calls of the history that are still unanswered, are
 * a 422; what deletions or cut answers left behind in the history is passed over. Ids of calls may come back
 * in later turns (some servers count from zero), so pairing goes by order. Throws on equal item ids too.
 * `places` tells where in the request each item of the input stands, for errors. With `mayWait`, calls that are still
 * unanswered are left as they are: no model is shown them. `summaries` tells compacted context from what the user said.
 */
export function pairCalls(
  earlier: readonly Item[],
  own: readonly Item[],
  places: readonly number[],
  { mayWait = false, summaries = noSummaries }: { mayWait?: boolean; summaries?: SummaryIds } = {},
): Item[] {
  const all = [...earlier, ...own];
  const history = withCallIds(earlier, all);
  const input = withCallIds(own, all);
  const items = [...withoutRemnants(history, input, summaries), ...input];
  const pending = new Map<string, Item>();
  const ids = new Set<string>();
  const firstOwn = items.length - input.length;
  for (const [position, item] of items.entries()) {
    const index = places[position - firstOwn] ?? -1;
    if (index >= 0) checkId(item, index, ids);
    const calls = callOf(item);
    const answers = answerOf(item);
    if (calls !== undefined) {
      if (pending.has(calls)) fail(`Duplicate ${nameOfKind(item)} with call_id ${calls}.`, index, "call_id");
      pending.set(calls, item);
    } else if (answers !== undefined && !pending.delete(answers)) {
      throw unprocessable(`No tool call found for ${nameOfKind(item)} with call_id ${answers}.`, {
        param: "input",
      });
    }
  }
  const [unanswered] = pending;
  if (unanswered !== undefined && !mayWait) {
    const [callId, item] = unanswered;
    throw unprocessable(`No tool output found for ${nameOfKind(item)} ${callId}.`, { param: "input" });
  }
  return items;
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
      if ("status" in item && item.status === "incomplete") gone.add(position);
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

function checkId(item: Item, index: number, ids: Set<string>): void {
  if (ids.has(item.id)) fail(`Duplicate item found with id ${item.id}.`, index, "id");
  ids.add(item.id);
}

function fail(message: string, index: number, field: string): never {
  throw unprocessable(message, {
    param: index < 0 ? "input" : `input[${index}].${field}`,
    code: "invalid_value",
  });
}
