import { createHash } from "node:crypto";
import { renderEnvoyConfig } from "@gateway/example-envoy";
import {
  type GatewayOptions,
  type GatewayProcess,
  type ScriptedBackend,
  startEnvoy,
  startGateway,
  startScriptedBackend,
} from "@gateway/testkit";
import OpenAI from "openai";
import { type DoorName, doorNames } from "../doors.ts";
import { startWordEmbeddings, type WordEmbeddings } from "./word-embeddings.ts";

/** A gateway with a scripted model and a server for embeddings, reached through every door. */
export interface KnowledgeDoors extends AsyncDisposable {
  readonly backend: ScriptedBackend;
  readonly embeddings: WordEmbeddings;
  readonly gateway: GatewayProcess;
  /** Base address of a door, with `/v1`. */
  url(door: DoorName): string;
  /** The official client at a door, with a key where the gateway asks for one. */
  client(door: DoorName, key?: string): OpenAI;
  /** Ends the gateway, by SIGTERM or another signal, and starts it again on the same data. */
  restart(options?: {
    signal?: NodeJS.Signals;
    config?: object;
    nodeArgs?: readonly string[];
  }): Promise<void>;
}

/** The configuration of two tenants, one key each: `sk-alice` and `sk-bob`. */
export const twoTenants = {
  keys: ["alice", "bob"].map((id) => ({
    id,
    tenant: `of-${id}`,
    hash: `sha256:${createHash("sha256").update(`sk-${id}`).digest("hex")}`,
  })),
};

/**
 * Starts all parts. `config` is laid over the test's own, section by section; with `embeddings: null` the gateway has
 * its built-in model.
 */
export async function startKnowledge(
  config: Record<string, unknown> = {},
  options: Pick<GatewayOptions, "nodeArgs"> = {},
): Promise<KnowledgeDoors> {
  await using parts = new AsyncDisposableStack();
  const backend = parts.use(await startScriptedBackend());
  const embeddings = parts.use(await startWordEmbeddings());
  const { embeddings: model = { backend: "words", model: "words-1" }, ...rest } = config;
  const base = {
    retry: { attempts: 1 },
    timeout: { connect: "2s", idle: "2s" },
    requests: { heartbeat: "100ms" },
    log: { level: "debug", format: "json" },
    backends: { scripted: { url: backend.url }, words: { url: embeddings.url } },
    default_model: "scripted",
    models: { scripted: { backends: ["scripted"] } },
    ...(model !== null && { embeddings: model }),
    ...rest,
  };
  const first = await startGateway({ config: base, ...options });
  let running = await openDoors(first);
  const all = parts.move();
  return {
    backend,
    embeddings,
    get gateway() {
      return running.gateway;
    },
    url: (door) => `${running.url(door)}/v1`,
    client: (door, apiKey = "none") =>
      new OpenAI({ baseURL: `${running.url(door)}/v1`, apiKey, maxRetries: 0 }),
    async restart({ signal = "SIGTERM", config: changes = {}, nodeArgs = [] } = {}) {
      const { cwd } = first;
      running.gateway.kill(signal);
      const { code } = await running.gateway.exited;
      if (signal === "SIGTERM" && code !== 0) throw new Error(`The gateway ended with ${code} on SIGTERM`);
      await running.closeEnvoy();
      running = await openDoors(await startGateway({ config: { ...base, ...changes }, cwd, nodeArgs }));
    },
    async [Symbol.asyncDispose]() {
      // The gateway first, so that Envoy has no stream to it when it ends.
      await running.gateway.stop();
      await running.closeEnvoy();
      await first.stop();
      await all.disposeAsync();
    },
  };
}

async function openDoors(gateway: GatewayProcess) {
  const addresses = { http: gateway.http.replace("http://", ""), extproc: gateway.extproc };
  const envoy = (doorNames as readonly string[]).includes("envoy")
    ? await startEnvoy({ config: renderEnvoyConfig(addresses) })
    : undefined;
  return {
    gateway,
    url: (door: DoorName) => (door === "envoy" && envoy ? envoy.url() : gateway.http),
    closeEnvoy: async () => envoy?.stop(),
  };
}
