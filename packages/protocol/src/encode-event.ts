import type { ResponseEvent } from "./events.ts";

/** An event that says nothing but the next piece of a text. Nearly all events of a stream are such. */
export type PlainDelta = Extract<
  ResponseEvent,
  {
    type:
      | "response.output_text.delta"
      | "response.reasoning_text.delta"
      | "response.function_call_arguments.delta";
  }
>;

/** Narrows an event to one that says nothing but the next piece of a text. */
export function isPlainDelta(event: ResponseEvent): event is PlainDelta {
  switch (event.type) {
    case "response.output_text.delta":
      return event.logprobs.length === 0;
    case "response.reasoning_text.delta":
    case "response.function_call_arguments.delta":
      return true;
    default:
      return false;
  }
}

/**
 * The JSON of one event; its `type` comes first. Plain deltas are written by a template: only the token itself goes
 * through JSON.stringify. Ids and numbers need no escaping.
 */
export function encodeEvent(event: ResponseEvent): string {
  if (!isPlainDelta(event)) return JSON.stringify(event);
  return encodeDelta(event.type, event.sequence_number, placeOf(event), JSON.stringify(event.delta));
}

/** A plain delta's JSON, of its type, number, {@link placeOf} and the JSON of its text. */
export function encodeDelta(type: PlainDelta["type"], number: number, place: string, delta: string): string {
  return `{"type":"${type}","sequence_number":${number},${place},"delta":${delta}${restOf(type)}}`;
}

/** What follows the text in a plain delta's JSON, up to its last brace. */
export function restOf(type: PlainDelta["type"]): string {
  return type === "response.output_text.delta" ? ',"logprobs":[]' : "";
}

/** Where the text of a plain delta belongs, as the JSON of its fields. */
export function placeOf(place: { item_id: string; output_index: number; content_index?: number }): string {
  const { item_id, output_index, content_index } = place;
  const item = `"item_id":"${item_id}","output_index":${output_index}`;
  return content_index === undefined ? item : `${item},"content_index":${content_index}`;
}

/** Whether two plain deltas are pieces of one text. */
export function isSameText(a: PlainDelta, b: PlainDelta): boolean {
  return (
    a.type === b.type &&
    a.item_id === b.item_id &&
    a.output_index === b.output_index &&
    ("content_index" in a ? a.content_index : -1) === ("content_index" in b ? b.content_index : -1)
  );
}

/** The type of an event that {@link encodeEvent} has written. */
export function typeOf(json: string): string {
  return json.slice(typeStart, json.indexOf('"', typeStart));
}

const typeStart = '{"type":"'.length;
