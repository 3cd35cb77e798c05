import { isDeepStrictEqual } from "node:util";

/**
 * The rules of the event grammar, by name:
 * - `shape`: a field is missing or of the wrong type
 * - `known-type`: the event's type is one this server emits
 * - `no-error`: no event has a top-level `error`, on which clients give up
 * - `sequence`: numbers count from 0 without gaps
 * - `opening`: `response.created`, then (where it was queued, `response.queued` and) `response.in_progress`, once each
 *   and before everything else
 * - `response-id`: the response's id never changes
 * - `last`: one terminal event, and nothing after it
 * - `fresh-index`: an item is added at the next free place in `output`
 * - `unique-id`: no two items share an id, no two calls a `call_id`
 * - `empty-start`: items and parts begin empty
 * - `item-open`: an event of an item stands between the item's `added` and its `done`
 * - `item-match`: an event names the item at its place, and is one that such an item has
 * - `part-order`: parts come one after the other at the next free index, a reasoning item's text before its summary
 * - `part-match`: an event of a part names the open part and is of its kind
 * - `sum`: a `done` carries what its deltas add up to
 * - `closed`: nothing is done while something inside it is still open
 * - `identity`: an item's `done` keeps everything of its `added` but status and content
 * - `status`: statuses fit the event, and a completed response has completed items only
 * - `snapshot`: the final `output` is exactly the done items in order
 */
export type GrammarRule =
  | "shape"
  | "known-type"
  | "no-error"
  | "sequence"
  | "opening"
  | "response-id"
  | "last"
  | "fresh-index"
  | "unique-id"
  | "empty-start"
  | "item-open"
  | "item-match"
  | "part-order"
  | "part-match"
  | "sum"
  | "closed"
  | "identity"
  | "status"
  | "snapshot";

/** An event stream breaks a rule. The message names the event and what was expected. */
export class GrammarError extends Error {
  readonly rule: GrammarRule;

  constructor(rule: GrammarRule, detail: string, options?: ErrorOptions) {
    super(`${rule}: ${detail}`, options);
    this.name = "GrammarError";
    this.rule = rule;
  }
}

/** Throws a {@link GrammarError} unless the condition holds. */
export function demand(condition: boolean, rule: GrammarRule, detail: string): asserts condition {
  if (!condition) throw new GrammarError(rule, detail);
}

/** Throws a {@link GrammarError} unless both values are deeply equal, as JSON is. */
export function demandEqual(actual: unknown, expected: unknown, rule: GrammarRule, what: string): void {
  demand(isDeepStrictEqual(actual, expected), rule, `${what} is ${show(actual)}, expected ${show(expected)}`);
}

/** Throws a `shape` error unless the value is text. */
export function demandText(value: unknown, what: string): void {
  demand(typeof value === "string", "shape", `${what} is ${show(value)}, expected a string`);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
