import type { ResponseEvent } from "../events.ts";
import type { GrammarRule } from "../grammar.ts";
import type { OutputItem } from "../items.ts";
import { beginning } from "./sample-streams.ts";

type Type = ResponseEvent["type"];
/** The member of the union that has this type, also where it shares its shape with another. */
type EventOf<T, E = ResponseEvent> = E extends { type: infer U } ? (T extends U ? E : never) : never;

/** The nth event of a type, to be bent. */
export function find<T extends Type>(events: ResponseEvent[], type: T, nth = 0): EventOf<T> {
  const event = events.filter((candidate) => candidate.type === type)[nth];
  if (event === undefined) throw new Error(`the sample has no ${type} number ${nth}`);
  return event as EventOf<T>;
}

/** Takes the nth event of a type out of the stream. */
export function cut(events: ResponseEvent[], type: Type, nth = 0): ResponseEvent {
  const event: ResponseEvent = find(events, type, nth);
  events.splice(events.indexOf(event), 1);
  return event;
}

/** Puts a copy of an event behind the first event of a type. */
function insertAfter(events: ResponseEvent[], type: Type, event: object, nth = 0): void {
  const place: ResponseEvent = find(events, type, nth);
  events.splice(events.indexOf(place) + 1, 0, structuredClone(event) as ResponseEvent);
}

/** Sets a field to anything, of the right type or not. */
export function set(target: object, field: string, value: unknown): void {
  (target as Record<string, unknown>)[field] = value;
}

/** An item of the final response. */
function finalItem(events: ResponseEvent[], index: number): OutputItem {
  const item = find(events, "response.completed").response.output[index];
  if (item === undefined) throw new Error(`the sample has no item ${index}`);
  return item;
}

/** What is wrong with the stream, the rule it breaks, and the change to the sample that does it. */
export const mutations: [string, GrammarRule, (events: ResponseEvent[]) => void][] = [
  // The frame
  [
    "an event of unknown type",
    "known-type",
    (e) => insertAfter(e, "response.in_progress", { type: "response.x" }),
  ],
  [
    "a queued of a response that runs",
    "opening",
    (e) => insertAfter(e, "response.in_progress", { type: "response.queued", response: beginning() }),
  ],
  [
    "an error event",
    "known-type",
    (e) => insertAfter(e, "response.in_progress", { type: "error", code: "x" }),
  ],
  ["an event without a type", "shape", (e) => insertAfter(e, "response.in_progress", {})],
  ["a top-level error", "no-error", (e) => set(find(e, "response.output_text.delta"), "error", null)],
  ["no created", "opening", (e) => cut(e, "response.created")],
  ["created twice", "opening", (e) => insertAfter(e, "response.created", find(e, "response.created"))],
  ["no in_progress", "opening", (e) => cut(e, "response.in_progress")],
  ["in_progress first", "opening", (e) => void e.splice(0, 2, ...e.slice(0, 2).reverse())],
  [
    "in_progress twice",
    "opening",
    (e) => insertAfter(e, "response.in_progress", find(e, "response.in_progress")),
  ],
  [
    "in_progress after an item",
    "opening",
    (e) => insertAfter(e, "response.output_item.done", find(e, "response.in_progress")),
  ],
  ["an item before created", "opening", (e) => void e.unshift(cut(e, "response.output_item.added"))],
  ["a delta before created", "opening", (e) => void e.unshift(cut(e, "response.output_text.delta"))],
  ["an item's done before created", "opening", (e) => void e.unshift(cut(e, "response.output_item.done"))],
  ["the end before created", "opening", (e) => void e.unshift(cut(e, "response.completed"))],
  [
    "another id in in_progress",
    "response-id",
    (e) => set(find(e, "response.in_progress").response, "id", "resp_2"),
  ],
  [
    "another id at the end",
    "response-id",
    (e) => set(find(e, "response.completed").response, "id", "resp_2"),
  ],
  ["an empty id", "shape", (e) => set(find(e, "response.created").response, "id", "")],
  ["created without a response", "shape", (e) => set(find(e, "response.created"), "response", undefined)],
  ["the end without a response", "shape", (e) => set(find(e, "response.completed"), "response", null)],
  ["output in created", "empty-start", (e) => set(find(e, "response.created").response, "output", [{}])],
  [
    "a completed response in created",
    "status",
    (e) => set(find(e, "response.created").response, "status", "completed"),
  ],
  [
    "a queued response in in_progress",
    "status",
    (e) => set(find(e, "response.in_progress").response, "status", "queued"),
  ],
  ["no terminal event", "last", (e) => cut(e, "response.completed")],
  ["two terminal events", "last", (e) => insertAfter(e, "response.completed", find(e, "response.completed"))],
  [
    "an event after the end",
    "last",
    (e) => insertAfter(e, "response.completed", find(e, "response.output_text.delta")),
  ],
  // Items
  [
    "an item at a place that is taken",
    "fresh-index",
    (e) => set(find(e, "response.output_item.added", 1), "output_index", 0),
  ],
  [
    "an item that leaves a place out",
    "fresh-index",
    (e) => set(find(e, "response.output_item.added", 1), "output_index", 2),
  ],
  [
    "an item without a place",
    "fresh-index",
    (e) => set(find(e, "response.output_item.added"), "output_index", undefined),
  ],
  [
    "two items with one id",
    "unique-id",
    (e) => set(find(e, "response.output_item.added", 1).item, "id", "rs_1"),
  ],
  [
    "two calls with one call_id",
    "unique-id",
    (e) => set(find(e, "response.output_item.added", 3).item, "call_id", "call_1"),
  ],
  ["an item without an id", "shape", (e) => set(find(e, "response.output_item.added").item, "id", "")],
  [
    "a call without a call_id",
    "shape",
    (e) => set(find(e, "response.output_item.added", 2).item, "call_id", undefined),
  ],
  [
    "a call without a name",
    "shape",
    (e) => set(find(e, "response.output_item.added", 2).item, "name", undefined),
  ],
  [
    "an added event without an item",
    "shape",
    (e) => set(find(e, "response.output_item.added"), "item", undefined),
  ],
  [
    "a done event without an item",
    "shape",
    (e) => set(find(e, "response.output_item.done"), "item", undefined),
  ],
  [
    "an item of unknown type",
    "known-type",
    (e) => set(find(e, "response.output_item.added").item, "type", "dream"),
  ],
  [
    "a message of the user",
    "shape",
    (e) => set(find(e, "response.output_item.added", 1).item, "role", "user"),
  ],
  [
    "a message added with content",
    "empty-start",
    (e) => set(find(e, "response.output_item.added", 1).item, "content", [{ type: "output_text" }]),
  ],
  [
    "a message added without content",
    "empty-start",
    (e) => set(find(e, "response.output_item.added", 1).item, "content", undefined),
  ],
  [
    "a reasoning item added with a summary",
    "empty-start",
    (e) => set(find(e, "response.output_item.added").item, "summary", ["x"]),
  ],
  [
    "a reasoning item added with content",
    "empty-start",
    (e) => set(find(e, "response.output_item.added").item, "content", ["x"]),
  ],
  [
    "a call added with arguments",
    "empty-start",
    (e) => set(find(e, "response.output_item.added", 2).item, "arguments", "{}"),
  ],
  [
    "an item added as completed",
    "status",
    (e) => set(find(e, "response.output_item.added").item, "status", "completed"),
  ],
  [
    "an item done in progress",
    "status",
    (e) => set(find(e, "response.output_item.done").item, "status", "in_progress"),
  ],
  [
    "an item done without a status",
    "status",
    (e) => set(find(e, "response.output_item.done").item, "status", undefined),
  ],
  ["an item never done", "closed", (e) => cut(e, "response.output_item.done", 1)],
  [
    "an item done twice",
    "item-open",
    (e) => insertAfter(e, "response.output_item.done", find(e, "response.output_item.done")),
  ],
  [
    "done of an item never added",
    "item-open",
    (e) => set(find(e, "response.output_item.done"), "output_index", 9),
  ],
  ["another id when done", "identity", (e) => set(find(e, "response.output_item.done").item, "id", "rs_2")],
  [
    "another type when done",
    "identity",
    (e) => set(find(e, "response.output_item.done").item, "type", "message"),
  ],
  [
    "another call_id when done",
    "identity",
    (e) => set(find(e, "response.output_item.done", 2).item, "call_id", "call_9"),
  ],
  [
    "another name when done",
    "identity",
    (e) => set(find(e, "response.output_item.done", 2).item, "name", "x"),
  ],
  [
    "a field that only done has",
    "identity",
    (e) => set(find(e, "response.output_item.done").item, "extra", 1),
  ],
  [
    "an item that is at another place",
    "item-match",
    (e) => set(find(e, "response.function_call_arguments.delta", 1), "output_index", 2),
  ],
  [
    "events after an item's done",
    "item-open",
    (e) => insertAfter(e, "response.output_item.done", find(e, "response.reasoning_text.delta")),
  ],
  [
    "a delta before its item",
    "item-open",
    (e) => insertAfter(e, "response.in_progress", find(e, "response.reasoning_text.delta")),
  ],
  [
    "an item_id that fits no item",
    "item-match",
    (e) => set(find(e, "response.function_call_arguments.delta"), "item_id", "fc_9"),
  ],
  ["no item_id", "item-match", (e) => set(find(e, "response.refusal.delta"), "item_id", undefined)],
  [
    "arguments of a message",
    "item-match",
    (e) =>
      insertAfter(e, "response.output_text.delta", {
        ...find(e, "response.function_call_arguments.delta"),
        output_index: 1,
        item_id: "msg_1",
      }),
  ],
  [
    "text of a reasoning item",
    "item-match",
    (e) =>
      insertAfter(e, "response.reasoning_text.delta", {
        ...find(e, "response.output_text.delta"),
        output_index: 0,
        item_id: "rs_1",
      }),
  ],
  [
    "a part of a call",
    "item-match",
    (e) =>
      insertAfter(e, "response.function_call_arguments.delta", {
        ...find(e, "response.content_part.added"),
        output_index: 2,
        item_id: "fc_1",
      }),
  ],
  // Parts
  [
    "a part added twice",
    "part-order",
    (e) => insertAfter(e, "response.content_part.added", find(e, "response.content_part.added", 1), 1),
  ],
  [
    "a part that leaves an index out",
    "part-order",
    (e) => set(find(e, "response.content_part.added", 1), "content_index", 1),
  ],
  [
    "a part at an index that is taken",
    "part-order",
    (e) => set(find(e, "response.content_part.added", 2), "content_index", 0),
  ],
  [
    "a summary that does not begin at 0",
    "part-order",
    (e) => set(find(e, "response.reasoning_summary_part.added"), "summary_index", 1),
  ],
  [
    "a second text part of a reasoning item",
    "part-order",
    (e) =>
      insertAfter(e, "response.content_part.done", {
        ...find(e, "response.content_part.added"),
        content_index: 1,
      }),
  ],
  [
    "a text after its summary",
    "part-order",
    (e) =>
      insertAfter(e, "response.reasoning_summary_part.done", {
        ...find(e, "response.content_part.added"),
        content_index: 1,
      }),
  ],
  [
    "a summary before its text is done",
    "closed",
    (e) =>
      insertAfter(e, "response.reasoning_text.delta", find(e, "response.reasoning_summary_part.added"), 1),
  ],
  [
    "a part that begins with text",
    "empty-start",
    (e) => set(find(e, "response.content_part.added", 1).part, "text", "x"),
  ],
  [
    "a part without annotations",
    "empty-start",
    (e) => set(find(e, "response.content_part.added", 1).part, "annotations", undefined),
  ],
  [
    "a summary that begins with text",
    "empty-start",
    (e) => set(find(e, "response.reasoning_summary_part.added").part, "text", "x"),
  ],
  [
    "an added event without its part",
    "shape",
    (e) => set(find(e, "response.content_part.added"), "part", undefined),
  ],
  [
    "a thought in a message",
    "part-match",
    (e) => set(find(e, "response.content_part.added", 1).part, "type", "reasoning_text"),
  ],
  [
    "a text part in a reasoning item",
    "part-match",
    (e) =>
      set(find(e, "response.content_part.added"), "part", {
        type: "output_text",
        text: "",
        annotations: [],
        logprobs: [],
      }),
  ],
  ["a delta without a part", "part-match", (e) => cut(e, "response.content_part.added", 1)],
  [
    "a delta of another part",
    "part-match",
    (e) => set(find(e, "response.output_text.delta"), "content_index", 1),
  ],
  [
    "a summary delta of another part",
    "part-match",
    (e) => set(find(e, "response.reasoning_summary_text.delta"), "summary_index", 1),
  ],
  [
    "a refusal in a text part",
    "part-match",
    (e) =>
      insertAfter(e, "response.output_text.delta", {
        ...find(e, "response.refusal.delta"),
        content_index: 0,
      }),
  ],
  [
    "a delta after the text is done",
    "part-match",
    (e) => insertAfter(e, "response.output_text.done", find(e, "response.output_text.delta")),
  ],
  [
    "an annotation after the text is done",
    "part-match",
    (e) => insertAfter(e, "response.output_text.done", find(e, "response.output_text.annotation.added")),
  ],
  [
    "a text done twice",
    "part-match",
    (e) => insertAfter(e, "response.output_text.done", find(e, "response.output_text.done")),
  ],
  [
    "arguments done twice",
    "part-match",
    (e) =>
      insertAfter(
        e,
        "response.function_call_arguments.done",
        find(e, "response.function_call_arguments.done"),
      ),
  ],
  [
    "arguments after they are done",
    "part-match",
    (e) =>
      insertAfter(
        e,
        "response.function_call_arguments.done",
        find(e, "response.function_call_arguments.delta", 1),
      ),
  ],
  [
    "an annotation at a wrong index",
    "part-order",
    (e) => set(find(e, "response.output_text.annotation.added"), "annotation_index", 1),
  ],
  ["a delta that is no text", "shape", (e) => set(find(e, "response.output_text.delta"), "delta", undefined)],
  [
    "arguments that are no text",
    "shape",
    (e) => set(find(e, "response.function_call_arguments.delta"), "delta", {}),
  ],
  [
    "a text delta without logprobs",
    "shape",
    (e) => set(find(e, "response.output_text.delta"), "logprobs", undefined),
  ],
  // Closing
  ["a part never done", "closed", (e) => cut(e, "response.content_part.done", 2)],
  ["a summary never done", "closed", (e) => cut(e, "response.reasoning_summary_part.done")],
  ["a text never done", "closed", (e) => cut(e, "response.output_text.done")],
  ["a refusal never done", "closed", (e) => cut(e, "response.refusal.done")],
  ["a thought never done", "closed", (e) => cut(e, "response.reasoning_text.done")],
  ["arguments never done", "closed", (e) => cut(e, "response.function_call_arguments.done")],
  [
    "a message without parts",
    "closed",
    (e) => {
      const from = e.indexOf(find(e, "response.content_part.added", 1));
      const to = e.indexOf(find(e, "response.output_item.done", 1));
      e.splice(from, to - from);
    },
  ],
  // Sums
  ["text that lacks a delta", "sum", (e) => cut(e, "response.output_text.delta")],
  ["a refusal that lacks a delta", "sum", (e) => cut(e, "response.refusal.delta")],
  ["a thought that lacks a delta", "sum", (e) => cut(e, "response.reasoning_text.delta")],
  ["a summary that lacks a delta", "sum", (e) => cut(e, "response.reasoning_summary_text.delta")],
  ["arguments that lack a delta", "sum", (e) => cut(e, "response.function_call_arguments.delta")],
  [
    "deltas in another order",
    "sum",
    (e) => insertAfter(e, "response.output_text.delta", cut(e, "response.output_text.delta")),
  ],
  ["another text in done", "sum", (e) => set(find(e, "response.output_text.done"), "text", "Hella")],
  ["other logprobs in done", "sum", (e) => set(find(e, "response.output_text.done"), "logprobs", [])],
  [
    "another text in the done part",
    "sum",
    (e) => set(find(e, "response.content_part.done", 1).part, "text", ""),
  ],
  [
    "no annotations in the done part",
    "sum",
    (e) => set(find(e, "response.content_part.done", 1).part, "annotations", []),
  ],
  [
    "another summary in the done part",
    "sum",
    (e) => set(find(e, "response.reasoning_summary_part.done").part, "text", ""),
  ],
  [
    "another name with the arguments",
    "identity",
    (e) => set(find(e, "response.function_call_arguments.done"), "name", "x"),
  ],
  [
    "content that the parts do not make up",
    "sum",
    (e) => set(find(e, "response.output_item.done", 1).item, "content", []),
  ],
  [
    "a summary that its parts do not make up",
    "sum",
    (e) => set(find(e, "response.output_item.done").item, "summary", []),
  ],
  [
    "arguments that were not streamed",
    "sum",
    (e) => set(find(e, "response.output_item.done", 2).item, "arguments", '{"a":2}'),
  ],
  // The end
  [
    "a final output that lacks an item",
    "snapshot",
    (e) => void find(e, "response.completed").response.output.pop(),
  ],
  [
    "a final output with one item more",
    "snapshot",
    (e) => void find(e, "response.completed").response.output.push(finalItem(e, 0)),
  ],
  [
    "a final output in another order",
    "snapshot",
    (e) => void find(e, "response.completed").response.output.reverse(),
  ],
  ["a final item that differs", "snapshot", (e) => set(finalItem(e, 1), "content", [])],
  ["a final item with another status", "snapshot", (e) => set(finalItem(e, 1), "status", "incomplete")],
  [
    "another status than the event's",
    "status",
    (e) => set(find(e, "response.completed").response, "status", "incomplete"),
  ],
  [
    "an error in a completed response",
    "status",
    (e) => set(find(e, "response.completed").response, "error", {}),
  ],
  [
    "incomplete_details in a completed response",
    "status",
    (e) => set(find(e, "response.completed").response, "incomplete_details", {}),
  ],
  [
    "a completed response without its time",
    "status",
    (e) => set(find(e, "response.completed").response, "completed_at", null),
  ],
  [
    "a completed response without usage",
    "status",
    (e) => set(find(e, "response.completed").response, "usage", null),
  ],
  [
    "an incomplete item in a completed response",
    "status",
    (e) => {
      set(find(e, "response.output_item.done").item, "status", "incomplete");
      set(finalItem(e, 0), "status", "incomplete");
    },
  ],
];
