/**
 * What goes between the gateway and a process that runs code, in both directions: a head in JSON and bytes. On the wire
 * both lengths come first, four bytes each, most significant byte first.
 */
export interface Frame {
  head: unknown;
  body: Uint8Array;
}

/** Bytes of the two lengths. */
export const prefixBytes = 8;

const nothing = new Uint8Array(0);

/** The bytes of a frame, its body apart so that it need not be copied. */
export function encodeFrame(head: unknown, body: Uint8Array = nothing): [Uint8Array, Uint8Array] {
  const json = new TextEncoder().encode(JSON.stringify(head));
  const start = new Uint8Array(prefixBytes + json.length);
  const view = new DataView(start.buffer);
  view.setUint32(0, json.length);
  view.setUint32(4, body.length);
  start.set(json, prefixBytes);
  return [start, body];
}

/** The lengths of head and body that a prefix announces. */
export function readPrefix(prefix: Uint8Array): { head: number; body: number } {
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes);
  return { head: view.getUint32(0), body: view.getUint32(4) };
}
