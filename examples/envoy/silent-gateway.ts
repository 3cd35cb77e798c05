import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import {
  createServer as createHttp2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Server } from "node:net";

/** Something that Envoy takes for a healthy gateway, but whose processor gives no answer. */
export interface SilentGateway {
  /** "host:port" of its HTTP listener, which answers everything with 200, and a WebSocket handshake with 426. */
  readonly http: string;
  /** "host:port" of its ExtProc listener. */
  readonly extproc: string;
  /** "METHOD path" of what came to the HTTP listener, with "upgrade " in front of a handshake. Health checks are left out. */
  seen(): string[];
  /** How many ext_proc streams came. */
  processed(): number;
  stop(): Promise<void>;
}

/** A grpc.health.v1.HealthCheckResponse that says SERVING, with the five bytes of a gRPC frame before it. */
const serving = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01]);

/**
 * Starts a silent gateway on free ports of loopback. Its processor ends each stream cleanly as soon as it begins
 * (`closes`), or leaves it open for ever (`hangs`).
 */
export async function startSilentGateway(processor: "closes" | "hangs"): Promise<SilentGateway> {
  const seen: string[] = [];
  const http = createHttpServer((request, response) => {
    if (request.url !== "/health/ready") seen.push(`${request.method} ${request.url}`);
    request.resume().once("end", () => response.end());
  });
  http.on("upgrade", (request, socket) => {
    seen.push(`upgrade ${request.method} ${request.url}`);
    socket.end("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });

  let processed = 0;
  const sessions = new Set<ServerHttp2Session>();
  const extproc = createHttp2Server();
  extproc.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  extproc.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    stream.resume();
    const isHealth = headers[":path"] === "/grpc.health.v1.Health/Check";
    if (!isHealth) processed++;
    if (!isHealth && processor === "hangs") return;
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(isHealth ? serving : undefined);
  });

  return {
    http: await listen(http),
    extproc: await listen(extproc),
    seen: () => [...seen],
    processed: () => processed,
    async stop() {
      for (const session of sessions) session.destroy();
      http.closeAllConnections();
      await Promise.all([http, extproc].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
