import { type EventBatch, ResponseBuilder } from "@gateway/engine";
import { encodeEvent, type ResponseEvent } from "@gateway/protocol";
import { expect } from "vitest";
import type { Store } from "../store.ts";
import { sampleRecord } from "./sample-records.ts";

const awkward = '\u0000 \\n \u2028 \' "," \u{1f600} \ud800';

/** Events that follow each other: runs of tokens, each with `text`, at several places and with others in between. */
export function sampleEvents(first: number, count: number, text = awkward): ResponseEvent[] {
  return Array.from({ length: count }, (_, n) => toEvent(first + n, text));
}

/** What {@link sampleEvents} are when they are read. */
export function sampleBatch(first: number, count: number, text?: string): EventBatch {
  return toBatch(sampleEvents(first, count, text));
}

/** Events as they are read; there must be one at least. */
export function toBatch(events: readonly ResponseEvent[]): EventBatch {
  return { first: events[0]?.sequence_number ?? Number.NaN, events: events.map(encodeEvent) };
}

/** A whole stream as the engine makes it: thoughts, an answer and a call, in batches as a model gives them. */
export function sampleStream(id: string): ResponseEvent[][] {
  const { response } = sampleRecord({ id, status: "in_progress", answer: null });
  const builder = new ResponseBuilder(response);
  return [
    builder.start(),
    builder.push([{ kind: "reasoning", text: "Let me" }]),
    builder.push([{ kind: "reasoning", text: " think." }]),
    builder.push(["Well", ", ", awkward].map((text) => ({ kind: "text", text }))),
    builder.push([{ kind: "text", text: "." }]),
    builder.push([
      { kind: "call", key: 0, callId: "call_1", name: "f" },
      { kind: "arguments", key: 0, text: '{"a":' },
    ]),
    builder.push([{ kind: "arguments", key: 0, text: "1}" }]),
    [...builder.settle({ status: "completed" }, 1_700_000_001), ...builder.end()],
  ];
}

function toEvent(number: number, text: string): ResponseEvent {
  const item = { item_id: `msg_${Math.floor(number / 13)}`, output_index: 0, sequence_number: number };
  if (number % 11 === 5) return { type: "response.refusal.delta", ...item, content_index: 0, delta: text };
  if (number % 17 === 8) return { type: "response.function_call_arguments.delta", ...item, delta: text };
  return {
    type: "response.output_text.delta",
    ...item,
    content_index: 0,
    delta: text,
    logprobs: number % 19 === 7 ? [{ token: "x", logprob: -1, bytes: [120], top_logprobs: [] }] : [],
  };
}

/** Reads events until there are no more, as a client does that comes back; undefined when the first read finds none. */
export async function readEvents(
  store: Store,
  tenant: string,
  id: string,
  after = -1,
): Promise<EventBatch | undefined> {
  const read = await store.responses.events(tenant, id, after);
  if (read === undefined || read.events.length === 0) return read;
  const events = [...read.events];
  for (;;) {
    const last = read.first + events.length - 1;
    const more = await store.responses.events(tenant, id, last);
    if (more === undefined || more.events.length === 0) return { first: read.first, events };
    expect(more.first).toBe(last + 1);
    events.push(...more.events);
  }
}
