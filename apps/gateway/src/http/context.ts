import type { IncomingMessage } from "node:http";
import type { BackgroundResponses, ConnectorStore, EngineDeps, PromptStore } from "@gateway/engine";
import type { Knowledge } from "@gateway/knowledge";
import type { Containers } from "@gateway/sandbox";
import type { Context } from "hono";
import type { Config } from "../config/config.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What the routes work with. */
export interface AppDeps {
  config: Config;
  engine: EngineDeps;
  /** Responses with `background: true`. */
  background: BackgroundResponses;
  /** Files, uploads, vector stores. */
  knowledge: Knowledge;
  /** Left out where no code is run. */
  containers?: Containers | undefined;
  prompts: PromptStore;
  /** Those of the configuration among them. */
  connectors: ConnectorStore;
  log: Logger;
  metrics: Metrics;
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
}

/** Where the request came in; nothing is known of one that came through Envoy. */
export interface AppBindings {
  incoming?: IncomingMessage | undefined;
}

export type AppEnv = { Variables: AppVariables; Bindings: AppBindings };
export type AppContext = Context<AppEnv>;
