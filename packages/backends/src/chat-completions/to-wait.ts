import type { IncomingHttpHeaders } from "node:http";

/** When a server wants to be asked again. */
export interface Wait {
  /** Seconds from now, rounded up. */
  seconds: number;
  /** The header that says it in milliseconds, where there is one: the official clients look at it first. */
  headers: Readonly<Record<string, string>> | undefined;
}

/**
 * When a server wants to be asked again: `retry-after-ms` (OpenAI) first, then `retry-after` as seconds or as a date
 * (RFC 9110, 10.2.3). Undefined where it does not say.
 */
export function toWait(headers: IncomingHttpHeaders, now: number = Date.now()): Wait | undefined {
  const ms = Number(headers["retry-after-ms"] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0)
    return { seconds: Math.ceil(ms / 1000), headers: { "retry-after-ms": String(ms) } };
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds))
    return seconds >= 0 ? { seconds: Math.ceil(seconds), headers: undefined } : undefined;
  const date = Date.parse(value);
  if (Number.isNaN(date)) return undefined;
  return { seconds: Math.max(0, Math.ceil((date - now) / 1000)), headers: undefined };
}
