import type { CollectedRequest } from "./collect-request.ts";
import { fromHeaderValue, isHopByHop } from "./header-fields.ts";
import { joinBytes } from "./join-bytes.ts";

/** What a request is taken to be when Envoy's filter skips its headers (`request_header_mode: SKIP`). */
export interface AssumedRequest {
  /** Default `POST`. */
  readonly method?: string;
  /** Absolute URL. Default `http://localhost/`. */
  readonly url?: string;
  /** Default none. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

type HeaderPair = [name: string, value: string];

/**
 * Makes the web request that Envoy has described. `signal` becomes the request's.
 *
 * Hop-by-hop headers are left out, and so are headers that `Headers` refuses; `:authority` is given as `host` too.
 * GET and HEAD have no body. A body over the limit is left out, and content-length then says how long it is, so
 * that the application refuses the request by that.
 *
 * @throws {TypeError} when method and URL make no request (CONNECT, a malformed authority).
 */
export function toRequest(
  collected: CollectedRequest,
  assumed: AssumedRequest | undefined,
  signal: AbortSignal,
): Request {
  let method = "GET";
  let scheme = "http";
  let authority = "localhost";
  let path = "/";
  let url: string | undefined;
  let hasHost = false;
  const headers: HeaderPair[] = [];

  if (collected.headers === undefined) {
    method = assumed?.method ?? "POST";
    url = assumed?.url ?? "http://localhost/";
    headers.push(...Object.entries(assumed?.headers ?? {}));
  } else {
    for (const header of collected.headers) {
      const name = header.key;
      const value = fromHeaderValue(header);
      if (name.charCodeAt(0) === colon) {
        if (name === ":method") method = value;
        else if (name === ":path") path = value;
        else if (name === ":authority") authority = value;
        else if (name === ":scheme") scheme = value;
      } else if (!isHopByHop(name)) {
        if (name === "host") hasHost = true;
        headers.push([name, value]);
      }
    }
    url = `${scheme}://${authority}${path.startsWith("/") ? path : `/${path}`}`;
    if (!hasHost) headers.push(["host", authority]);
  }

  if (collected.missing?.reason === "over_limit")
    setHeader(headers, "content-length", collected.missing.bytes);
  const init: RequestInit = { method, signal };
  if (collected.body.length > 0 && method !== "GET" && method !== "HEAD")
    init.body = joinBytes(collected.body);
  return construct(url, init, headers);
}

const colon = ":".charCodeAt(0);

/** Tries with all headers first, because testing each of them costs, and a bad one is rare. */
function construct(url: string, init: RequestInit, headers: HeaderPair[]): Request {
  try {
    return new Request(url, { ...init, headers });
  } catch {
    return new Request(url, { ...init, headers: acceptable(headers) });
  }
}

/** The headers without those that are not valid on the web. */
function acceptable(headers: HeaderPair[]): Headers {
  const accepted = new Headers();
  for (const [name, value] of headers) {
    try {
      accepted.append(name, value);
    } catch {
      // Left out: this header cannot be told to the application.
    }
  }
  return accepted;
}

function setHeader(headers: HeaderPair[], name: string, value: number): void {
  const present = headers.find((pair) => pair[0] === name);
  if (present === undefined) headers.push([name, String(value)]);
  else present[1] = String(value);
}
