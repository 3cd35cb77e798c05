import type { Annotation, Logprob } from "../content.ts";
import type { ResponseEvent, ResponseEventBody } from "../events.ts";
import type { OutputItem, OutputMessage, OutputReasoning } from "../items.ts";
import type { OutputFunctionCall } from "../output-calls.ts";
import { type ResponseObject, toInitialResponse } from "../response.ts";

const usage = {
  input_tokens: 5,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: 7,
  output_tokens_details: { reasoning_tokens: 2 },
  total_tokens: 12,
};

/** Gives the events their numbers, from 0. */
export function number(bodies: readonly ResponseEventBody[]): ResponseEvent[] {
  return bodies.map((body, sequence_number) => ({ ...body, sequence_number }));
}

/** A response in progress with no output, as the first two events carry it. */
export function beginning(): ResponseObject {
  return toInitialResponse({ model: "m", input: "hi" }, "resp_1", 1_700_000_000);
}

/** The same response at its end. */
export function ending(
  status: "completed" | "incomplete" | "failed",
  output: readonly OutputItem[],
): ResponseObject {
  return {
    ...beginning(),
    status,
    completed_at: status === "completed" ? 1_700_000_001 : null,
    incomplete_details: status === "incomplete" ? { reason: "max_output_tokens" } : null,
    error: status === "failed" ? { code: "server_error", message: "Broken." } : null,
    output: structuredClone([...output]),
    usage,
  };
}

/** The two events that open a stream. */
export function opening(): ResponseEventBody[] {
  return [
    { type: "response.created", response: beginning() },
    { type: "response.in_progress", response: beginning() },
  ];
}

const logprob: Logprob = { token: "lo", logprob: -0.1, bytes: [108, 111], top_logprobs: [] };
const annotation: Annotation = {
  type: "url_citation",
  url: "https://a.example",
  start_index: 0,
  end_index: 2,
};

/** The events of a reasoning item at place 0: text in two deltas, then a summary. */
function reasoningEvents(item: OutputReasoning): ResponseEventBody[] {
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const summary = { item_id: item.id, output_index: 0, summary_index: 0 };
  return [
    {
      type: "response.output_item.added",
      output_index: 0,
      item: { ...item, status: "in_progress", summary: [], content: [] },
    },
    { type: "response.content_part.added", ...place, part: { type: "reasoning_text", text: "" } },
    { type: "response.reasoning_text.delta", ...place, delta: "Let me " },
    { type: "response.reasoning_text.delta", ...place, delta: "think." },
    { type: "response.reasoning_text.done", ...place, text: "Let me think." },
    { type: "response.content_part.done", ...place, part: { type: "reasoning_text", text: "Let me think." } },
    { type: "response.reasoning_summary_part.added", ...summary, part: { type: "summary_text", text: "" } },
    { type: "response.reasoning_summary_text.delta", ...summary, delta: "Thinking." },
    { type: "response.reasoning_summary_text.done", ...summary, text: "Thinking." },
    {
      type: "response.reasoning_summary_part.done",
      ...summary,
      part: { type: "summary_text", text: "Thinking." },
    },
    { type: "response.output_item.done", output_index: 0, item },
  ];
}

/** The events of a message at place 1: a text part with logprobs and an annotation, then a refusal part. */
function messageEvents(item: OutputMessage): ResponseEventBody[] {
  const text = { item_id: item.id, output_index: 1, content_index: 0 };
  const refusal = { item_id: item.id, output_index: 1, content_index: 1 };
  return [
    {
      type: "response.output_item.added",
      output_index: 1,
      item: { ...item, status: "in_progress", content: [] },
    },
    {
      type: "response.content_part.added",
      ...text,
      part: { type: "output_text", text: "", annotations: [], logprobs: [] },
    },
    { type: "response.output_text.delta", ...text, delta: "Hel", logprobs: [] },
    { type: "response.output_text.delta", ...text, delta: "lo", logprobs: [logprob] },
    { type: "response.output_text.annotation.added", ...text, annotation_index: 0, annotation },
    { type: "response.output_text.done", ...text, text: "Hello", logprobs: [logprob] },
    {
      type: "response.content_part.done",
      ...text,
      part: { type: "output_text", text: "Hello", annotations: [annotation], logprobs: [logprob] },
    },
    { type: "response.content_part.added", ...refusal, part: { type: "refusal", refusal: "" } },
    { type: "response.refusal.delta", ...refusal, delta: "No." },
    { type: "response.refusal.done", ...refusal, refusal: "No." },
    { type: "response.content_part.done", ...refusal, part: { type: "refusal", refusal: "No." } },
    { type: "response.output_item.done", output_index: 1, item },
  ];
}

/** The events of two calls at places 2 and 3, whose arguments come in turns. */
function callEvents(first: OutputFunctionCall, second: OutputFunctionCall): ResponseEventBody[] {
  const a = { item_id: first.id, output_index: 2 };
  const b = { item_id: second.id, output_index: 3 };
  const empty = { status: "in_progress", arguments: "" } as const;
  return [
    { type: "response.output_item.added", output_index: 2, item: { ...first, ...empty } },
    { type: "response.function_call_arguments.delta", ...a, delta: '{"a"' },
    { type: "response.output_item.added", output_index: 3, item: { ...second, ...empty } },
    { type: "response.function_call_arguments.delta", ...b, delta: "{}" },
    { type: "response.function_call_arguments.delta", ...a, delta: ":1}" },
    { type: "response.function_call_arguments.done", ...b, name: second.name, arguments: "{}" },
    { type: "response.output_item.done", output_index: 3, item: second },
    { type: "response.function_call_arguments.done", ...a, name: first.name, arguments: '{"a":1}' },
    { type: "response.output_item.done", output_index: 2, item: first },
  ];
}

/**
 * A fresh copy of a legal stream with every event this server emits: a reasoning item with a summary, a
 * message with text and refusal, two interleaved function calls, then `response.completed`.
 */
export function sampleStream(): ResponseEvent[] {
  const reasoning: OutputReasoning = {
    type: "reasoning",
    id: "rs_1",
    status: "completed",
    summary: [{ type: "summary_text", text: "Thinking." }],
    content: [{ type: "reasoning_text", text: "Let me think." }],
  };
  const message: OutputMessage = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "completed",
    content: [
      { type: "output_text", text: "Hello", annotations: [annotation], logprobs: [logprob] },
      { type: "refusal", refusal: "No." },
    ],
  };
  const call = (id: string, text: string): OutputFunctionCall => ({
    type: "function_call",
    id: `fc_${id}`,
    status: "completed",
    call_id: `call_${id}`,
    name: `tool_${id}`,
    arguments: text,
  });
  const [first, second] = [call("1", '{"a":1}'), call("2", "{}")] as const;
  return structuredClone(
    number([
      ...opening(),
      ...reasoningEvents(reasoning),
      ...messageEvents(message),
      ...callEvents(first, second),
      { type: "response.completed", response: ending("completed", [reasoning, message, first, second]) },
    ]),
  );
}

/** A fresh copy of a legal stream that ends early, with its one message cut off. */
export function cutStream(outcome: "incomplete" | "failed"): ResponseEvent[] {
  const item: OutputMessage = {
    type: "message",
    id: "msg_1",
    role: "assistant",
    status: "incomplete",
    content: [{ type: "output_text", text: "Hal", annotations: [], logprobs: [] }],
  };
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const [part] = item.content;
  if (part?.type !== "output_text") throw new Error("the sample's part is text");
  return structuredClone(
    number([
      ...opening(),
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { ...item, status: "in_progress", content: [] },
      },
      { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
      { type: "response.output_text.delta", ...place, delta: "Hal", logprobs: [] },
      { type: "response.output_text.done", ...place, text: "Hal", logprobs: [] },
      { type: "response.content_part.done", ...place, part },
      { type: "response.output_item.done", output_index: 0, item },
      { type: `response.${outcome}`, response: ending(outcome, [item]) },
    ]),
  );
}
