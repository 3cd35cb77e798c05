import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ApiError, type ApiErrorInit, badRequest, toErrorBody } from "@gateway/protocol";
import { getRequestListener } from "@hono/node-server";
import { asksForWebSocket, type UpgradeHandler } from "../websocket/handshake.ts";
import { PatientResponse } from "./patient-response.ts";
import { type ReceivePatience, watchReceipt } from "./receive-deadline.ts";

/** Where and how patiently to listen. */
export interface HttpListenOptions {
  host: string;
  port: number;
  fetch: (request: Request, door: { incoming: IncomingMessage }) => Response | Promise<Response>;
  /** Gets the requests for a WebSocket; without it they are answered like any other. */
  upgrade?: UpgradeHandler;
  /** How long requests may take to arrive. */
  receive: ReceivePatience;
  /** Milliseconds without a byte either way after which a connection is cut: its client has stopped reading. */
  idleTimeout: number;
}

/** An HTTP listener that accepts connections. */
export interface HttpListener {
  address: AddressInfo;
  /** Stops accepting, lets running answers end for up to `grace` milliseconds, then cuts what is left. */
  close(grace: number): Promise<void>;
}

/** Longer than the idle time of the proxies in front, so that they never write to a socket just closed. */
const keepAliveTimeout = 75_000;
/** How often Node looks for requests that are overdue. */
const connectionsCheckingInterval = 1_000;
/** Time for the header block alone, in milliseconds. */
const headersTimeout = 15_000;

/** Serves a fetch handler over HTTP/1.1. Rejects when the address cannot be bound. */
export async function listenHttp(options: HttpListenOptions): Promise<HttpListener> {
  const server = createServer(
    {
      keepAliveTimeout,
      connectionsCheckingInterval,
      headersTimeout: Math.min(headersTimeout, options.receive.timeout),
      // One for all requests would be too long for most or too short for uploads.
      requestTimeout: 0,
      noDelay: true,
      ServerResponse: PatientResponse,
      // A server may go on as if no upgrade was asked for (RFC 9110, 7.8), as with HTTP/2 over plain connections.
      shouldUpgradeCallback: (request) => options.upgrade !== undefined && asksForWebSocket(request),
    },
    getRequestListener((request, door) => options.fetch(request, door as { incoming: IncomingMessage }), {
      errorHandler: unreadableRequest,
      hostname: "localhost",
    }),
  );
  server.timeout = options.idleTimeout;
  // Connections that fall idle while the listener closes would be kept for as long as their clients like.
  let closing = false;
  server.on("request", (request, response) => {
    const endWatch = watchReceipt(request, options.receive, () => refuseLate(request, response));
    response.once("close", () => {
      endWatch?.();
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
  });
  server.on("clientError", answerClientError);
  if (options.upgrade) server.on("upgrade", options.upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    address: server.address() as AddressInfo,
    async close(grace) {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), grace);
      await closed;
      clearTimeout(cut);
    },
  };
}

/** How long a client that was told that it is late may take to read it, in milliseconds. */
const lingering = 1_000;

/** Ends a request whose body has not come in time, for the application too. */
function refuseLate({ socket }: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) {
    socket.destroy();
    return;
  }
  answerClientError(Object.assign(new Error("late"), { code: "ERR_HTTP_REQUEST_TIMEOUT" }), socket);
  setTimeout(() => socket.destroy(), lingering).unref();
}

/** A request line or Host that makes no URL never reaches the application. */
function unreadableRequest(): Response {
  return Response.json(toErrorBody(badRequest("The request line or the Host header is not valid.")), {
    status: 400,
  });
}

const clientErrors: Record<string, [message: string, status: number]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ["The request took too long to arrive.", 408],
  HPE_HEADER_OVERFLOW: ["The request headers are too large.", 431],
};

/** What Node's parser refuses still gets a JSON answer. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [message, status] = clientErrors[error.code ?? ""] ?? ["The request is not valid HTTP.", 400];
  writeError(socket, message, { status, type: "invalid_request_error" });
}

function writeError(socket: Duplex, message: string, init: ApiErrorInit): void {
  const body = JSON.stringify(toErrorBody(new ApiError(message, init)));
  socket.end(
    `HTTP/1.1 ${init.status} ${STATUS_CODES[init.status]}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
