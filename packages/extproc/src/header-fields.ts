import type { HeaderValue, HeaderValueOption } from "./gen/envoy/config/core/v3/base_pb.ts";
import { HeaderValueOption_HeaderAppendAction as AppendAction } from "./gen/envoy/config/core/v3/base_pb.ts";

/** Headers that belong to one connection and not to the message (RFC 9110, 7.6.1, and older practice). */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The value of a header as the web's `Headers` want it: one character per byte. */
export function fromHeaderValue(header: HeaderValue): string {
  const raw = header.rawValue;
  if (raw.length === 0) return header.value;
  return (raw instanceof Buffer ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.length)).toString(
    "latin1",
  );
}

/** Whether a header (in lower case) must not be passed on. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

/** A header as Envoy wants it: the bytes of `value`, one per character. */
export function toHeaderValue(key: string, value: string): HeaderValue {
  return {
    $typeName: "envoy.config.core.v3.HeaderValue",
    key,
    value: "",
    rawValue: Buffer.from(value, "latin1"),
  };
}

/**
 * Calls `visit` for each header of a response that Envoy is to send, in lower case and sorted by name; `set-cookie`
 * once per cookie. Left out are hop-by-hop headers, and the content-length: Envoy counts by itself, and a length
 * that no longer fits would break the answer.
 */
export function eachResponseHeader(headers: Headers, visit: (name: string, value: string) => void): void {
  headers.forEach((value, name) => {
    if (name !== "content-length" && !hopByHop.has(name)) visit(name, value);
  });
}

/** The same as a list of headers to set. They replace what Envoy put there, but cookies add up. */
export function toSetHeaders(headers: Headers): HeaderValueOption[] {
  const options: HeaderValueOption[] = [];
  eachResponseHeader(headers, (name, value) => {
    options.push({
      $typeName: "envoy.config.core.v3.HeaderValueOption",
      header: toHeaderValue(name, value),
      appendAction:
        name === "set-cookie"
          ? AppendAction.APPEND_IF_EXISTS_OR_ADD
          : AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      keepEmptyValue: true,
    });
  });
  return options;
}
