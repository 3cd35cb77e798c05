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
    return obfuscate ? `${head},"obfuscation":"${padding(event.delta.length)}"}` : `${head}}`;
  }
  if (obfuscate && "delta" in event) {
    return JSON.stringify({ ...event, obfuscation: padding(event.delta.length) });
  }
  return JSON.stringify(event);
}

/** Deltas are padded up to the next multiple of this many characters. */
const bucket = 16;
const poolSize = 8192;
let pool = "";
let cursor = 0;

/** Random characters that fill a delta of this length up to a bucket; from a pool, refilled now and then. */
function padding(deltaLength: number): string {
  const length = bucket - (deltaLength % bucket);
  if (cursor + length > pool.length) {
    pool = randomBytes((poolSize * 3) / 4).toString("base64url");
    cursor = 0;
  }
  const start = cursor;
  cursor += length;
  return pool.slice(start, cursor);
}
