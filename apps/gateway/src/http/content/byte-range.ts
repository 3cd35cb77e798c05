import type { ByteRange } from "@gateway/engine";

/**
 * The span that a Range header asks for (RFC 9110, section 14.1.2), cut to content of `bytes`. Undefined where all
 * is to be sent: there is no such header, it asks for several spans or for other units, or it is not well formed.
 * `unsatisfiable` where the content has nothing of the span.
 */
export function parseRange(
  header: string | undefined,
  bytes: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header ?? "") ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const length = Number(last);
    if (length === 0 || bytes === 0) return "unsatisfiable";
    return { start: Math.max(0, bytes - length), end: bytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? bytes - 1 : Number(last);
  if (last !== "" && end < start) return undefined;
  if (start >= bytes) return "unsatisfiable";
  return { start, end: Math.min(end, bytes - 1) };
}
