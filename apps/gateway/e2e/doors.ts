import { renderEnvoyConfig } from "@gateway/example-envoy";
import {
  type Envoy,
  type GatewayProcess,
  partsStatus,
  type ScriptedBackend,
  startEnvoy,
  startGateway,
  startScriptedBackend,
} from "@gateway/testkit";

/** The ways into the gateway: its HTTP listener, and Envoy with the example's own configuration in front. */
export const doorNames =
  partsStatus().parts.envoy.ready || process.env.CI ? (["http", "envoy"] as const) : (["http"] as const);
export type DoorName = (typeof doorNames)[number];

/**
 * The longest way in, for tests of what does not depend on the way: it has the others in it. That all ways tell the same
 * is what the table in `cases/` is for.
 */
export const oneDoor: readonly DoorName[] = doorNames.slice(-1);

/** A gateway on a scripted backend, reached through every door. */
export interface Doors extends AsyncDisposable {
  backend: ScriptedBackend;
  gateway: GatewayProcess;
  envoy: Envoy | undefined;
  /** Base address of a door, without `/v1`. */
  url(door: DoorName): string;
}

/** Limits small and time-outs short enough to be met in a test. */
const testConfig = {
  retry: { attempts: 1 },
  timeout: { connect: "2s", first_byte: "700ms", idle: "700ms" },
  requests: { max_body: "1MiB", max_decoded_body: "2MiB", heartbeat: "100ms" },
  log: { level: "debug", format: "json" },
};

/** Starts backend, gateway and, where it is installed, Envoy. `config` is laid over the test's own, section by section. */
export async function startDoors(config: Record<string, unknown> = {}): Promise<Doors> {
  const backend = await startScriptedBackend();
  const gateway = await startGateway({
    config: { ...testConfig, backends: { scripted: { url: backend.url } }, ...config },
  });
  const envoy = doorNames.includes("envoy" as never)
    ? await startEnvoy({
        config: renderEnvoyConfig({ http: gateway.http.replace("http://", ""), extproc: gateway.extproc }),
      })
    : undefined;
  return {
    backend,
    gateway,
    envoy,
    url: (door) => (door === "envoy" && envoy ? envoy.url() : gateway.http),
    async [Symbol.asyncDispose]() {
      // The gateway first, so that Envoy has no stream to it when it ends.
      await gateway.stop();
      await envoy?.stop();
      await backend.stop();
    },
  };
}
