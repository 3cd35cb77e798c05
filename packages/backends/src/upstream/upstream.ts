import { Pool } from "undici";
import type { Timeouts } from "./timeouts.ts";
import { UpstreamExchange } from "./upstream-exchange.ts";

/** Where a model server is and how it is to be spoken to. */
export interface UpstreamOptions {
  /** Name of the backend, for errors. */
  name: string;
  /** Base address, normally ending in `/v1`; a query (`?api-version=…`) goes with every request. */
  url: string;
  /** Sent as bearer token; never shown in an error. */
  key?: string | undefined;
  /** Further headers for every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  timeouts: Timeouts;
  /** Most connections at a time, each of which carries one request; unlimited when left out. */
  connections?: number | undefined;
}

/** A request; the body is JSON text. */
export interface UpstreamRequest {
  method: "GET" | "POST";
  /** Path below the base address, with its slash. */
  path: string;
  /** True for a path that lies beside the base's `/v1`, not below it. */
  atRoot?: boolean;
  body?: string;
  /** When the call must be over, on the clock of `performance.now()`. */
  deadline: number;
  timeouts?: Partial<Timeouts>;
  signal: AbortSignal;
}

/** The HTTP connections to one model server. */
export class Upstream {
  readonly #options: UpstreamOptions;
  readonly #pool: Pool;
  readonly #base: string;
  readonly #query: string;
  readonly #headers: string[];

  /** Throws a TypeError where the URL is none, or not one of http or https. */
  constructor(options: UpstreamOptions) {
    this.#options = options;
    const url = new URL(options.url);
    if (url.protocol !== "http:" && url.protocol !== "https:") {
      throw new TypeError(`The url of the backend '${options.name}' must begin with http:// or https://.`);
    }
    this.#base = url.pathname.replace(/\/+$/, "");
    this.#query = url.search;
    this.#headers = ["content-type", "application/json", "accept", "text/event-stream, application/json"];
    const authorization = authorizationOf(url, options.key);
    if (authorization !== undefined) this.#headers.push("authorization", authorization);
    for (const [name, value] of Object.entries(options.headers ?? {})) this.#headers.push(name, value);
    this.#pool = new Pool(url.origin, {
      // A stream holds its connection to its end, so requests are never put behind each other on one.
      pipelining: 1,
      ...(options.connections !== undefined && { connections: options.connections }),
      connect: { timeout: options.timeouts.connect },
      // HTTP/1.1 alone: ending a call then closes its socket, which every server understands as "stop".
      allowH2: false,
      // The limits are the exchange's own, which knows what it is waiting for. Idle connections are kept for
      // undici's 4 s, less than the 5 s after which most servers close theirs without saying so.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * Sends a request. Resolves with the status line, whatever it says; redirects are not followed. Throws
   * `upstream_unreachable` or `upstream_timeout`, or the signal's reason.
   */
  async send(request: UpstreamRequest): Promise<UpstreamExchange> {
    const { method, path, atRoot = false, body, deadline, signal } = request;
    const timeouts = { ...this.#options.timeouts, ...request.timeouts };
    const exchange = new UpstreamExchange({ backend: this.#options.name, timeouts, deadline, signal });
    const base = atRoot ? this.#base.replace(/\/v1$/, "") : this.#base;
    this.#pool.dispatch(
      { method, path: `${base}${path}${this.#query}`, headers: this.#headers, body: body ?? null },
      exchange,
    );
    await exchange.answered;
    return exchange;
  }

  /** Ends all calls and closes all connections. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}

/** The key, or the user and password of the URL. */
function authorizationOf(url: URL, key: string | undefined): string | undefined {
  if (key !== undefined && key !== "") return `Bearer ${key}`;
  if (url.username === "" && url.password === "") return undefined;
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}
