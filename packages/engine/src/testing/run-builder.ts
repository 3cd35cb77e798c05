import { type OutputItem, type ResponseEvent, toInitialResponse } from "@gateway/protocol";
import { checkStream, StreamChecker } from "@gateway/protocol/grammar";
import type { ModelDelta } from "../model-delta.ts";
import { type Outcome, ResponseBuilder } from "../response-builder.ts";

/** Unix time at which every response of a test is settled. */
export const now = 1_700_000_005;

/** A builder of a response to a request with these fields. */
export function newBuilder(fields: object = {}): ResponseBuilder {
  return new ResponseBuilder(
    toInitialResponse({ model: "m", input: "hi", ...fields }, "resp_1", 1_700_000_000),
  );
}

/** A response that was run to its end, and its events. */
export interface Run {
  builder: ResponseBuilder;
  events: ResponseEvent[];
}

/** Runs a whole response. Every event is checked the moment it comes, and again at the end. */
export function run(batches: readonly ModelDelta[][], outcome: Outcome, fields: object = {}): Run {
  const builder = newBuilder(fields);
  const checker = new StreamChecker();
  const events: ResponseEvent[] = [];
  const take = (made: readonly ResponseEvent[]) => {
    for (const event of made) {
      checker.push(event);
      events.push(event);
    }
  };
  take(builder.start());
  for (const batch of batches) take(builder.push(batch));
  take(builder.settle(outcome, now));
  take(builder.end());
  if (outcome.status !== "cancelled") {
    checker.end();
    checkStream(events);
    checkStream(JSON.parse(JSON.stringify(events)));
  }
  return { builder, events };
}

/** The arguments of every call by its call_id. */
export function callsIn(output: readonly OutputItem[]): Record<string, string> {
  const calls = output.filter((item) => item.type === "function_call");
  return Object.fromEntries(calls.map((item) => [item.call_id, item.arguments.trimEnd()]));
}
