import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { badRequest, toErrorBody } from "@gateway/protocol";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";

/** A connection that has become a WebSocket. */
export interface OpenedSocket {
  socket: WebSocket;
  /** The connection below it, to write several messages at once. */
  connection: Duplex;
}

/** A request that asks to become a WebSocket, and can (RFC 6455, section 4.2). */
export interface Handshake {
  headers: IncomingMessage["headers"];
  /**
   * Grants it, with headers of our own beside those of the protocol. `open` is called at once, before anything of the
   * client's is read; not at all where the client has left.
   */
  accept(headers: Readonly<Record<string, string>>, open: (opened: OpenedSocket) => void): void;
}

/** Settings of {@link openHandshakes}. */
export interface HandshakeOptions {
  fetch: (
    request: Request,
    door: { incoming: IncomingMessage; handshake: Handshake },
  ) => Response | Promise<Response>;
  /** Largest message in bytes; a connection that brings a larger one is closed with 1009. */
  maxMessage: number;
}

/** What Node calls with a request that asks for an upgrade. */
export type UpgradeHandler = (request: IncomingMessage, connection: Duplex, head: Buffer) => void;

/** Whether a request is one that {@link openHandshakes} answers; any other may go on as if it asked for no upgrade. */
export function asksForWebSocket({ method, url = "", headers }: IncomingMessage): boolean {
  const [path] = url.split("?", 1);
  return method === "GET" && path === socketPath && headers.upgrade?.trim().toLowerCase() === "websocket";
}

/** The only path that has WebSockets. The answers of others may be streams or files, which are for the HTTP server. */
const socketPath = "/v1/responses";
/** Largest body in bytes of an answer that refuses. */
const maxRefusal = 64 * 1024;

/** Time for the client to answer a closing handshake, in milliseconds; then the connection is cut. */
const closeTimeout = 2_000;
/** Time for a client that was refused to read it, in milliseconds. */
const lingering = 1_000;

/**
 * Puts requests for a WebSocket to the application like any other, so that they are routed, authenticated, checked for
 * their origin and logged by the same code. A route may take the {@link Handshake}; else the answer is sent as HTTP.
 *
 * Messages are not compressed, whatever the client offers: each connection would hold several 100 kB for it, and a few
 * bytes could unpack to very many.
 */
export function openHandshakes({ fetch, maxMessage }: HandshakeOptions): UpgradeHandler {
  // The package's types do not have closeTimeout.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessage,
    closeTimeout,
    handleProtocols: () => false,
  };
  const server = new WebSocketServer(options);
  return (incoming, connection, head) => {
    connection.on("error", () => connection.destroy());
    void answer(server, fetch, incoming, connection, head).catch(() => connection.destroy());
  };
}

async function answer(
  server: WebSocketServer,
  fetch: HandshakeOptions["fetch"],
  incoming: IncomingMessage,
  connection: Duplex,
  head: Buffer,
): Promise<void> {
  let accepted = false;
  const handshake: Handshake = {
    headers: incoming.headers,
    accept(headers, open) {
      accepted = true;
      // Who has become a WebSocket is looked after as such.
      endWatch();
      const add = (lines: string[]) => {
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
      };
      // Both are called before handleUpgrade returns.
      server.once("headers", add);
      server.handleUpgrade(incoming, connection, head, (socket) => open({ socket, connection }));
      server.off("headers", add);
    },
  };
  const left = new AbortController();
  const endWatch = watchEnd(connection, () => left.abort());
  const request = toRequest(incoming, left.signal);
  const response =
    request === undefined
      ? Response.json(toErrorBody(badRequest("The request line or the Host header is not valid.")), {
          status: 400,
        })
      : await fetch(request, { incoming, handshake });
  if (accepted) return;
  endWatch();
  await refuse(response, connection);
}

/** Calls `onEnd` when the client has left, without taking any of what it may have sent. Returns how to stop that. */
function watchEnd(connection: Duplex, onEnd: () => void): () => void {
  const look = () => {
    // The end itself has to be read to be noticed.
    if (connection.readableLength === 0) connection.read();
  };
  connection.on("readable", look).on("end", onEnd).on("close", onEnd);
  return () => connection.off("readable", look).off("end", onEnd).off("close", onEnd);
}

/** The request in the application's words, broken off by `signal`; undefined where its target and host make no URL. */
function toRequest(
  { url = "", headers, rawHeaders }: IncomingMessage,
  signal: AbortSignal,
): Request | undefined {
  const address = URL.parse(url, `http://${headers.host ?? "localhost"}`);
  if (address === null || !url.startsWith("/")) return undefined;
  const lines: [string, string][] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  return new Request(address, { headers: lines, signal });
}

/** Answers over HTTP after all, and ends the connection. Rejects where the body is not that of a refusal. */
async function refuse(response: Response, connection: Duplex): Promise<void> {
  const body = await readSmall(response);
  const headers = new Headers(response.headers);
  headers.set("content-length", String(body.byteLength));
  headers.set("connection", response.status === 426 ? "close, upgrade" : "close");
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  connection.write(
    `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${lines.join("")}\r\n`,
  );
  connection.end(body);
  connection.resume();
  const cut = setTimeout(() => connection.destroy(), lingering);
  connection.once("end", () => connection.destroy());
  connection.once("close", () => clearTimeout(cut));
}

/** The body of an answer. Rejects, and lets the rest of it go, where it is larger than {@link maxRefusal}. */
async function readSmall({ body }: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxRefusal) throw new RangeError("The answer to a handshake is too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
