import type { Http2Server, ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { createGrpcServer } from "./grpc-server.ts";
import { defaultHealthServices, HealthState } from "./health.ts";
import { type ExtProcObserver, silentObserver } from "./observer.ts";
import type { ProcessHandler } from "./process-handler.ts";
import {
  defaultMaxBodyBytes,
  type ExchangeLimits,
  type ServeOptions,
  serveExchange,
} from "./serve-exchange.ts";

/** Where to listen, and how to behave there. */
interface PortOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits?: PortLimits;
  readonly observer?: ExtProcObserver;
  /** The names that health checks may ask for. Default `defaultHealthServices`. */
  readonly healthServices?: readonly string[];
  /**
   * How long a drain reports NOT_SERVING before connections are told to go. More than Envoy's health check interval
   * times its unhealthy_threshold, and no request fails. In milliseconds, default 0.
   */
  readonly drainDelayMs?: number;
  /**
   * What serves `Process`: `http2` is this package's own framing, `connect` is connect-node. They differ in speed
   * only. Default `http2`.
   */
  readonly transport?: "http2" | "connect";
}

/** Limits of the port, in bytes. */
export interface PortLimits extends ExchangeLimits {
  /** A longer gRPC message is not read, and its request is over the limit. Default `maxBodyBytes` and 1 MiB. */
  readonly maxMessageBytes?: number;
}

/**
 * What to do with the exchanges: give them to `fetch`, as `serveExchange` does, or to a handler of one's own, in
 * which case the limits are the handler's affair but for `maxMessageBytes`.
 */
export type ListenOptions = PortOptions &
  (
    | (Omit<ServeOptions, "limits" | "observer"> & { readonly handler?: never })
    | { readonly handler: ProcessHandler; readonly fetch?: never }
  );

/** A listening port. */
export interface ExtProcListener {
  readonly address: { readonly host: string; readonly port: number };

  /** Sets what health checks are told. The port accepts exchanges either way. */
  setServing(serving: boolean): void;

  /**
   * Ends the port without hurting anyone: NOT_SERVING, the drain delay, then no new connections and streams.
   * Resolves when the last exchange is over, however long that takes; `close` cuts it short.
   */
  drain(): Promise<void>;

  /** Ends the port at once: running exchanges are aborted. */
  close(): Promise<void>;
}

const messageOverheadBytes = 1024 * 1024;

/**
 * Listens for Envoy: external processing and gRPC health on one port, HTTP/2 without TLS.
 *
 * @throws {Error} when the address cannot be listened on; the message names it.
 */
export async function listenExtProc(options: ListenOptions): Promise<ExtProcListener> {
  const { host = "127.0.0.1", port, limits = {}, observer = silentObserver } = options;
  const health = new HealthState(options.healthServices ?? defaultHealthServices);
  const handler = options.handler ?? serveExchange({ ...options, limits, observer });
  const maxMessageBytes =
    limits.maxMessageBytes ?? (limits.maxBodyBytes ?? defaultMaxBodyBytes) + messageOverheadBytes;
  const server = createGrpcServer(
    health,
    { handler, maxMessageBytes, observer },
    options.transport === "connect",
  );
  const sessions = new Set<ServerHttp2Session>();
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await listen(server, host, port);

  const closed = new Promise<void>((resolve) => server.once("close", resolve));
  const closing = new AbortController();
  let draining: Promise<void> | undefined;
  const end = (endSession: (session: ServerHttp2Session) => void) => {
    health.close();
    server.close();
    for (const session of sessions) endSession(session);
    return closed;
  };

  return {
    address: { host, port: (server.address() as AddressInfo).port },
    setServing: (serving) => health.setServing(serving),
    drain() {
      draining ??= (async () => {
        health.setServing(false);
        // With nobody connected there is nobody to wait for.
        if (sessions.size > 0) await delay(options.drainDelayMs ?? 0, undefined, closing).catch(() => {});
        await end((session) => session.close());
      })();
      return draining;
    },
    close() {
      closing.abort();
      health.setServing(false);
      return end((session) => session.destroy());
    },
  };
}

function listen(server: Http2Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) => {
      const reason = cause.code === "EADDRINUSE" ? "the port is in use" : cause.message;
      reject(new Error(`Cannot listen for Envoy on ${host}:${port}: ${reason}.`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
