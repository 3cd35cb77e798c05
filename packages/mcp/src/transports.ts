import type { McpServer } from "@gateway/engine";
import {
  type JSONRPCMessage,
  SSEClientTransport,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";

/** Sends a request, held to the rules of the guard. */
export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

type SendOptions = Parameters<StreamableHTTPClientTransport["send"]>[1];
type RequestId = string | number;

/** Marks the error that stands in for an answer which cannot come any more. */
export const streamEnded = "the stream of the request has ended";
/** The same where something in the stream could not be read. */
export const streamUnreadable = "the stream of the request has ended without what can be read";

/**
 * Streamable HTTP, with what the library leaves to time-outs. A request whose stream ends without an answer, and is not
 * taken up again, is answered with an error at once. And the stream of a request that was cancelled is closed: a server
 * without sessions hears of it in no other way.
 */
export class AttentiveHttpTransport extends StreamableHTTPClientTransport {
  /** Requests that may have an open stream, by id. */
  readonly #streams: Map<string, AbortController>;
  #unreadable = false;

  constructor({ url, headers }: McpServer, fetch: Fetch) {
    const streams = new Map<string, AbortController>();
    super(new URL(url), {
      fetch: noticing(fetch, (id) => streams.delete(id)) as never,
      requestInit: { headers: { ...headers } },
      reconnectionOptions: {
        initialReconnectionDelay: 250,
        maxReconnectionDelay: 5000,
        reconnectionDelayGrowFactor: 2,
        maxRetries: 3,
      },
    });
    this.#streams = streams;
  }

  /** Takes note that something in a stream could not be read: the library passes over it, and the answer may have been that. */
  noteUnreadable(): void {
    this.#unreadable = true;
  }

  override async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    if (!("method" in message)) return super.send(message, options);
    if ("id" in message) return this.#ask(message.id, message, options);
    await super.send(message, options).finally(() => {
      if (message.method === "notifications/cancelled")
        this.#streams.get(String(message.params?.requestId))?.abort();
    });
  }

  async #ask(id: RequestId, message: JSONRPCMessage, options: SendOptions): Promise<void> {
    this.#unreadable = false;
    // The streams of a version without sessions are in the library's own hands.
    if (options?.requestSignal !== undefined || options?.onRequestStreamEnd !== undefined)
      return super.send(message, {
        ...options,
        onRequestStreamEnd: options.onRequestStreamEnd ?? (() => this.#answerFor(id)),
      });
    const stream = new AbortController();
    const key = String(id);
    this.#streams.set(key, stream);
    stream.signal.addEventListener("abort", () => this.#streams.delete(key), { once: true });
    try {
      await super.send(message, {
        ...options,
        headers: { ...options?.headers, [marker]: key },
        requestSignal: stream.signal,
        onRequestStreamEnd: () => {
          this.#streams.delete(key);
          this.#answerFor(id);
        },
      });
    } catch (thrown) {
      this.#streams.delete(key);
      if (!stream.signal.aborted) throw thrown;
    }
  }

  /** What follows on the end of a request's stream. After its answer nobody waits for this any more, and it is passed over. */
  #answerFor(id: RequestId): void {
    const why = this.#unreadable ? streamUnreadable : streamEnded;
    this.onmessage?.({ jsonrpc: "2.0", id, error: { code: -32_000, message: why, data: why } });
  }
}

/** Carries a request's id from {@link AttentiveHttpTransport} to the fetch below the library; it is not sent. */
const marker = "x-request-of-transport";

/** A fetch that says which requests were answered in one piece, and so have no stream. */
function noticing(fetch: Fetch, onWhole: (id: string) => void): Fetch {
  return async (url, init) => {
    const headers = new Headers(init?.headers);
    const id = headers.get(marker);
    headers.delete(marker);
    const answer = await fetch(url, { ...init, headers });
    if (id !== null && !answer.headers.get("content-type")?.startsWith("text/event-stream")) onWhole(id);
    return answer;
  };
}

/** A transport of the protocol since March 2025. */
export function openHttpTransport(server: McpServer, fetch: Fetch): AttentiveHttpTransport {
  return new AttentiveHttpTransport(server, fetch);
}

/** A transport of the protocol of 2024, which servers may still speak alone. */
export function openSseTransport({ url, headers }: McpServer, fetch: Fetch): SSEClientTransport {
  return new SSEClientTransport(new URL(url), {
    fetch: fetch as never,
    requestInit: { headers: { ...headers } },
  });
}
