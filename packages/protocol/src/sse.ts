import { DeltaMessages } from "./delta-messages.ts";
import { encodeEvent, isPlainDelta, typeOf } from "./encode-event.ts";
import type { ResponseEvent } from "./events.ts";
import { paddingFor } from "./padding.ts";

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
  let deltas: DeltaMessages | undefined;
  for (const event of events) {
    if (isPlainDelta(event)) {
      if (!deltas?.fits(event)) deltas = new DeltaMessages(event);
      text += deltas.encode(event, obfuscate);
    } else text += toMessage(event.type, encodeEvent(event), obfuscate && "delta" in event);
  }
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

function toMessage(type: string, json: string, padded: boolean): string {
  return `event: ${type}\ndata: ${padded ? pad(json.slice(0, -1)) : json}\n\n`;
}

/**
 * Encodes an event as a text message of a WebSocket: the JSON that is the data of {@link encodeEvents}, and with the name
 * of its lane where the request that it answers had one.
 */
export function encodeFrame(event: ResponseEvent, obfuscate: boolean, streamId?: string): string {
  const json = encodeEvent(event);
  const padded = obfuscate && "delta" in event;
  if (streamId === undefined) return padded ? pad(json.slice(0, -1)) : json;
  const head = `${json.slice(0, -1)},"stream_id":${JSON.stringify(streamId)}`;
  return padded ? pad(head) : `${head}}`;
}

/** Closes the JSON of a delta with characters that fill it up to a bucket. */
function pad(head: string): string {
  return `${head},"obfuscation":"${paddingFor(Buffer.byteLength(head))}"}`;
}
