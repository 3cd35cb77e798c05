import type { IncomingHttpHeaders } from "node:http";

/** Beginning of the names of headers that say how much a caller may still ask. */
export const limitPrefix = "x-ratelimit-";
/** What a value may be to be passed on: short, and printable in every header. */
const plain = /^[\x20-\x7e]{1,200}$/;
const most = 32;

/**
 * What an answer says of its caller's limits: the headers `x-ratelimit-*`, as OpenAI and most hosted services send them
 * (API reference, "Rate limits in headers"). Undefined where it says nothing of them, as servers of one's own do.
 */
export function toLimitHeaders(headers: IncomingHttpHeaders): Record<string, string> | undefined {
  let limits: Record<string, string> | undefined;
  let count = 0;
  for (const name in headers) {
    if (!name.startsWith(limitPrefix)) continue;
    const value = headers[name];
    if (typeof value !== "string" || !plain.test(value) || ++count > most) continue;
    limits ??= {};
    limits[name] = value;
  }
  return limits;
}
