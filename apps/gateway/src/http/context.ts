import type { IncomingMessage } from "node:http";
import type {
  BackgroundResponses,
  ConnectorStore,
  EngineDeps,
  IdempotentRequests,
  PromptStore,
} from "@gateway/engine";
import type { Knowledge } from "@gateway/knowledge";
import type { Containers } from "@gateway/sandbox";
import type { Context } from "hono";
import type { Config } from "../config/config.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Handshake } from "../websocket/handshake.ts";
import type { WebSockets } from "../websocket/web-sockets.ts";
import type { Admission } from "./admission.ts";

/** What the routes work with. */
export interface AppDeps {
  config: Config;
  engine: EngineDeps;
  /** Responses with `background: true`. */
  background: BackgroundResponses;
  /** Responses whose requests have a key. */
  idempotency: IdempotentRequests;
  /** Files, uploads, vector stores. */
  knowledge: Knowledge;
  /** Left out where no code is run. */
  containers?: Containers | undefined;
  prompts: PromptStore;
  /** Those of the configuration among them. */
  connectors: ConnectorStore;
  log: Logger;
  metrics: Metrics;
  admission: Admission;
  sockets: WebSockets;
  /** Rejects, with a reason fit for the log, while the process should get no traffic. */
  ready(): Promise<void>;
}

/** Facts of the request that middleware found out. */
export interface AppVariables {
  requestId: string;
  /** Bound to the request id. */
  log: Logger;
  tenant: string;
  /** What a route wants to see in the request's log line. */
  logFields: Record<string, unknown>;
  /** Where the answer's body is a stream: settles when it is over. */
  bodyOver?: Promise<void>;
  /** True where there is no answer, since the connection has become a WebSocket. */
  upgraded?: true;
}

/** Where the request came in; nothing is known of one that came through Envoy. */
export interface AppBindings {
  incoming?: IncomingMessage | undefined;
  /** Where the request asks to become a WebSocket, and can. */
  handshake?: Handshake | undefined;
}

export type AppEnv = { Variables: AppVariables; Bindings: AppBindings };
export type AppContext = Context<AppEnv>;
