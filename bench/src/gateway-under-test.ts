import {
  type Envoy,
  type GatewayProcess,
  gatewayFromSource,
  startEnvoy,
  startGateway,
} from "@gateway/testkit";
import { renderEnvoyConfig } from "./envoy-config.ts";
import { benchModels } from "./scripted-answers.ts";
import type { Target } from "./target.ts";

/** What a gateway is started with. */
export interface GatewayChoice {
  /** "http://host:port" of the backend. */
  backend: string;
  /** The program; the gateway from source when left out. */
  entry?: string | undefined;
  nodeArgs?: readonly string[];
  env?: Record<string, string>;
  /** Laid over the configuration, key by key; backends are added to those there are. */
  config?: { backends?: Record<string, object>; [key: string]: unknown };
  /** Working directory, kept at the end; a temp folder of its own when left out. */
  cwd?: string;
  /** False: no Envoy in front. */
  withEnvoy: boolean;
}

/** A running gateway, with the database on disk in a folder of its own, and Envoy in front of it. */
export interface GatewayUnderTest {
  readonly process: GatewayProcess;
  readonly direct: Target;
  /** Through Envoy; undefined when there is none. */
  readonly throughEnvoy: Target | undefined;
  /** Ends both. @throws Error when either had crashed. */
  stop(): Promise<void>;
}

/** Starts a gateway with its defaults: everything stored, its log at info, one backend that serves all models. */
export async function startGatewayUnderTest(choice: GatewayChoice): Promise<GatewayUnderTest> {
  const { backend, entry = gatewayFromSource, nodeArgs = [], env = {}, config = {}, cwd, withEnvoy } = choice;
  const models = Object.values(benchModels).map((name) => [name, { backends: ["bench"] }]);
  const process = await startGateway({
    config: {
      models: Object.fromEntries(models),
      log: { format: "json" },
      ...config,
      backends: { bench: { url: `${backend}/v1` }, ...config.backends },
    },
    nodeArgs,
    env,
    entry,
    ...(cwd === undefined ? {} : { cwd }),
  });
  let envoy: Envoy | undefined;
  try {
    if (withEnvoy)
      envoy = await startEnvoy({
        config: renderEnvoyConfig(process.extproc, process.http.replace("http://", "")),
      });
  } catch (error) {
    await process.stop();
    throw error;
  }
  const direct: Target = { name: "gateway", origin: process.http, api: "responses", pid: process.pid };
  return {
    process,
    direct,
    throughEnvoy: envoy && {
      ...direct,
      name: "gateway through Envoy",
      origin: envoy.url(),
      envoyPid: envoy.pid,
    },
    async stop() {
      await envoy?.stop();
      await process.stop();
    },
  };
}
