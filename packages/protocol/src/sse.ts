import type { ResponseEvent } from "./events.ts";

/** The line that ends every event stream. */
export const sseDone = "data: [DONE]\n\n";
/** A comment that keeps idle connections open; clients ignore it. */
export const ssePing = ": ping\n\n";

/**
 * Encodes events as server-sent events (WHATWG HTML, "Server-sent events"): `event:` equals `type`, no `id:`.
 * With `obfuscate`, deltas carry padding so that the size of a message on the wire does not tell the length of a
 * token.
 */
export function encodeEvents(events: readonly ResponseEvent[], obfuscate: boolean): string {
  let text = "";
  for (const event of events)
    text += toMessage(event.type, encodeEvent(event), obfuscate && "delta" in event);
  return text;
}

/** Encodes events that are JSON already, as {@link encodeEvent} has written them; the bytes are the same. */
export function encodeRecorded(events: readonly string[], obfuscate: boolean): string {
  let text = "";
  for (const json of events) {
    const type = typeOf(json);
    text += toMessage(type, json, obfuscate && type.endsWith(".delta"));
  }
  return text;
}

/**
 * The JSON of one event; its `type` comes first. Text deltas make up nearly all of a stream, so they are written by a
 * template: only the token itself goes through JSON.stringify. Ids and numbers need no escaping.
 */
export function encodeEvent(event: ResponseEvent): string {
  if (event.type === "response.output_text.delta" && event.logprobs.length === 0) {
    return `{"type":"response.output_text.delta","sequence_number":${event.sequence_number},"item_id":"${event.item_id}","output_index":${event.output_index},"content_index":${event.content_index},"delta":${JSON.stringify(event.delta)},"logprobs":[]}`;
  }
  return JSON.stringify(event);
}

/** The type of an event that {@link encodeEvent} has written. */
export function typeOf(json: string): string {
  return json.slice(typeStart, json.indexOf('"', typeStart));
}

const typeStart = '{"type":"'.length;

function toMessage(type: string, json: string, padded: boolean): string {
  return `event: ${type}\ndata: ${padded ? pad(json.slice(0, -1)) : json}\n\n`;
}

/** Deltas are padded up to the next multiple of this many bytes, escapes and multi-byte characters counted. */
const bucket = 16;

/**
 * Always the same: what hides a token is the length of the padding, not its letters, and a stream that is read again,
 * perhaps years later, has to be the same byte for byte.
 */
const padding = "0123456789abcdef";

/** Closes the JSON of a delta with characters that fill it up to a bucket. */
function pad(head: string): string {
  return `${head},"obfuscation":"${padding.slice(0, bucket - (Buffer.byteLength(head) % bucket))}"}`;
}
