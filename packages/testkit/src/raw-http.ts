import { connect } from "node:net";
import { waitFor } from "./wait-for.ts";

/** A request that is written to the socket as it stands. */
export interface RawRequest {
  /** "POST" when there is a body, else "GET", when left out. */
  method?: string;
  headers?: Record<string, string>;
  /** A string is sent as it is, anything else as JSON. */
  body?: unknown;
}

/** One HTTP/1.1 exchange on a connection of its own, with the answer as the bytes that came. */
export interface RawExchange extends Disposable {
  /** What has come so far, status line and chunk sizes included, as Latin-1: one character is one byte. */
  received(): string;
  /** Waits until the text has come. */
  waitFor(text: string, timeoutMs?: number): Promise<void>;
  /** How the other side closed the connection: an orderly end, or a reset. */
  readonly closed: Promise<"end" | "reset">;
  /** Sends more bytes. */
  write(bytes: string): void;
  /** Hangs up. */
  close(): void;
}

/** Sends a request on a new connection and gives the raw answer, for tests that look at single bytes. */
export function openRawRequest(url: string, request: RawRequest = {}): RawExchange {
  const { host, hostname, port, pathname, search } = new URL(url);
  const { body, headers = {}, method = body === undefined ? "GET" : "POST" } = request;
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  const all: Record<string, string> = {
    host,
    ...(text === ""
      ? {}
      : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);

  let received = "";
  const closed = Promise.withResolvers<"end" | "reset">();
  const socket = connect({ host: hostname, port: Number(port || 80) });
  socket.setEncoding("latin1");
  socket.on("data", (bytes: string) => {
    received += bytes;
  });
  socket.on("end", () => closed.resolve("end"));
  socket.on("error", () => closed.resolve("reset"));
  socket.write(`${method} ${pathname}${search} HTTP/1.1\r\n${head.join("")}\r\n${text}`);
  const close = (): void => void socket.destroy();
  return {
    received: () => received,
    async waitFor(wanted, timeoutMs = 10_000) {
      await waitFor(() => received.includes(wanted), {
        what: `${JSON.stringify(wanted)} on the wire`,
        timeoutMs,
        everyMs: 2,
      });
    },
    closed: closed.promise,
    write: (bytes) => void socket.write(bytes),
    close,
    [Symbol.dispose]: close,
  };
}
