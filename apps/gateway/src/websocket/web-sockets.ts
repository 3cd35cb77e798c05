import type { AppDeps } from "../http/context.ts";
import type { Logger } from "../telemetry/logger.ts";
import { Connection } from "./connection.ts";
import { ContextCache } from "./context-cache.ts";
import type { OpenedSocket } from "./handshake.ts";
import { noPlace, shuttingDown, tooManyConnections } from "./limit-errors.ts";
import { UnfinishedMessages } from "./unfinished-messages.ts";

/** Who has opened a WebSocket. */
export interface SocketOwner {
  tenant: string;
  /** Bound to the connection. */
  log: Logger;
}

/** All WebSockets of the process: how many there may be, that their clients are alive, and their end. */
export class WebSockets {
  readonly #deps: Pick<AppDeps, "config" | "engine" | "metrics" | "admission">;
  readonly #cache: ContextCache;
  readonly #unfinished: UnfinishedMessages;
  readonly #connections = new Set<Connection>();
  readonly #ofTenant = new Map<string, number>();
  readonly #heart: NodeJS.Timeout;
  #closing = false;

  constructor(deps: Pick<AppDeps, "config" | "engine" | "metrics" | "admission">) {
    const { websocket, requests } = deps.config;
    this.#deps = deps;
    this.#cache = new ContextCache(websocket.total_memory);
    this.#unfinished = new UnfinishedMessages({
      timeout: requests.receive_timeout,
      bytes: Math.max(websocket.receive_memory, requests.max_body),
    });
    this.#heart = setInterval(() => {
      for (const connection of this.#connections) connection.ping();
    }, websocket.ping_interval);
    this.#heart.unref();
  }

  /** How many are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Throws a 503 or 429 where this tenant may not open another. */
  check(tenant: string): void {
    const { max_connections: limit, max_connections_per_tenant: own } = this.#deps.config.websocket;
    if (this.#closing) throw shuttingDown();
    if (this.#connections.size >= limit) throw noPlace();
    if ((this.#ofTenant.get(tenant) ?? 0) >= own) throw tooManyConnections(own);
  }

  /** Takes over a connection that {@link check} has let in. */
  open(opened: OpenedSocket, { tenant, log }: SocketOwner): void {
    const connection = new Connection(opened, {
      ...{ tenant, log },
      deps: this.#deps,
      cache: this.#cache,
      unfinished: this.#unfinished,
    });
    this.#connections.add(connection);
    this.#deps.metrics.openSockets(1);
    this.#ofTenant.set(tenant, (this.#ofTenant.get(tenant) ?? 0) + 1);
    void connection.closed().then(() => {
      this.#connections.delete(connection);
      this.#deps.metrics.openSockets(-1);
      const left = (this.#ofTenant.get(tenant) ?? 1) - 1;
      if (left === 0) this.#ofTenant.delete(tenant);
      else this.#ofTenant.set(tenant, left);
    });
  }

  /**
   * Ends all connections and lets no more in: those at which nothing runs at once, the others when what runs has ended,
   * or after `grace` milliseconds.
   */
  async close(grace: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#heart);
    await Promise.all(
      [...this.#connections].map((connection) => connection.end(shuttingDown(), grace, false)),
    );
  }
}
