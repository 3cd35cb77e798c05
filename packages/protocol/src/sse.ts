import { randomBytes } from "node:crypto";
import type { ResponseEvent } from "./events.ts";

/** The line that ends every event stream. */
export const sseDone = "data: [DONE]\n\n";
/** A comment that keeps idle connections open; clients ignore it. */
export const ssePing = ": ping\n\n";

/**
 * Encodes events as server-sent events (WHATWG HTML, "Server-sent events"): `event:` equals `type`, no `id:`.
 * With `obfuscate`, deltas carry random padding so that the size of a message on the wire does not tell the
 * length of a token.
 */
export function encodeEvents(events: readonly ResponseEvent[], obfuscate: boolean): string {
  let text = "";
  for (const event of events) text += `event: ${event.type}\ndata: ${encodeEvent(event, obfuscate)}\n\n`;
  return text;
}

/**
 * The JSON of one event. Text deltas make up nearly all of a stream, so they are written by a template:
 * only the token itself goes through JSON.stringify. Ids and numbers need no escaping.
 */
export function encodeEvent(event: ResponseEvent, obfuscate: boolean): string {
  if (event.type === "response.output_text.delta" && event.logprobs.length === 0) {
    const head = `{"type":"response.output_text.delta","sequence_number":${event.sequence_number},"item_id":"${event.item_id}","output_index":${event.output_index},"content_index":${event.content_index},"delta":${JSON.stringify(event.delta)},"logprobs":[]`;
    return obfuscate ? pad(head) : `${head}}`;
  }
  const json = JSON.stringify(event);
  return obfuscate && "delta" in event ? pad(json.slice(0, -1)) : json;
}

/** Deltas are padded up to the next multiple of this many bytes, escapes and multi-byte characters counted. */
const bucket = 16;
const poolSize = 8192;
let pool = "";
let cursor = 0;

/** Closes the JSON of a delta with random characters that fill it up to a bucket. */
function pad(head: string): string {
  return `${head},"obfuscation":"${randomText(bucket - (Buffer.byteLength(head) % bucket))}"}`;
}

/** Random characters from a pool, which is refilled now and then. */
function randomText(length: number): string {
  if (cursor + length > pool.length) {
    pool = randomBytes((poolSize * 3) / 4).toString("base64url");
    cursor = 0;
  }
  const start = cursor;
  cursor += length;
  return pool.slice(start, cursor);
}
