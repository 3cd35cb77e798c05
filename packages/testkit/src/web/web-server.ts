import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request as a server saw it. */
export interface WebRequestSeen {
  method: string;
  /** With its query. */
  url: URL;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

/** An HTTP server on loopback. */
export interface WebServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, or another address of this machine. */
  readonly origin: string;
  readonly port: number;
  /** Every request, in the order in which they were complete. */
  readonly seen: readonly WebRequestSeen[];
  /** Closes the port and all connections. */
  stop(): Promise<void>;
}

/** Answers one request. */
export type WebAnswer = (request: WebRequestSeen, response: ServerResponse) => void | Promise<void>;

/** Starts a server that answers with a function. `host` is an address of this machine. */
export async function startWebServer(answer: WebAnswer, host = "127.0.0.1"): Promise<WebServer> {
  const seen: WebRequestSeen[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void (async () => {
      const body = (await buffer(request)).toString();
      const { method = "GET", headers } = request;
      const told = { method, url: new URL(request.url ?? "/", `http://${host}`), headers, body };
      seen.push(told);
      await answer(told, response);
    })().catch(() => response.destroy());
  });
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `http://${host}:${port}`, port, seen, stop, [Symbol.asyncDispose]: stop };
}

/** Sends JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}
