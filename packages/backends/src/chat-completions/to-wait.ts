import type { IncomingHttpHeaders } from "node:http";

/** When a server wants to be asked again. */
export interface Wait {
  /** Seconds from now, rounded up. */
  seconds: number;
  /** The header that says it in milliseconds, where there is one: the official clients look at it first. */
  headers: Readonly<Record<string, string>> | undefined;
}

/** Longest wait that is told of, in milliseconds: a day. */
const longest = 86_400_000;

/**
 * When a server wants to be asked again: `retry-after-ms` (OpenAI) first, then `retry-after` as seconds or as a date
 * (RFC 9110, 10.2.3); after a day at the latest. Undefined where it does not say.
 */
export function toWait(headers: IncomingHttpHeaders, now: number = Date.now()): Wait | undefined {
  const ms = toWhole(headers["retry-after-ms"], 1);
  if (ms !== undefined) return { seconds: Math.ceil(ms / 1000), headers: { "retry-after-ms": String(ms) } };
  const value = headers["retry-after"];
  const wait = toWhole(value, 1000) ?? toMsUntil(value, now);
  return wait === undefined ? undefined : { seconds: Math.ceil(wait / 1000), headers: undefined };
}

/** Milliseconds, of a plain decimal number in units of so many of them. */
function toWhole(value: unknown, unit: number): number | undefined {
  if (typeof value !== "string" || !/^\d+(\.\d+)?$/.test(value)) return undefined;
  return Math.min(longest, Math.ceil(Number(value) * unit));
}

/** Milliseconds until a date; 0 where it is over. A date begins with a day of the week: "-1" would be one as well. */
function toMsUntil(value: string | undefined, now: number): number | undefined {
  const date = value !== undefined && /^[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(longest, Math.max(0, date - now));
}
