import type { IncomingHttpHeaders } from "node:http";

/**
 * Seconds after which a server wants to be asked again, rounded up: `retry-after-ms` (OpenAI) first, then
 * `retry-after` as seconds or as a date (RFC 9110, 10.2.3). Undefined where it does not say.
 */
export function toRetryAfter(headers: IncomingHttpHeaders, now: number = Date.now()): number | undefined {
  const ms = Number(headers["retry-after-ms"] ?? Number.NaN);
  if (Number.isFinite(ms) && ms >= 0) return Math.ceil(ms / 1000);
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.ceil(seconds) : undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
