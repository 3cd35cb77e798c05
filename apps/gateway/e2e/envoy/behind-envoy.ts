import {
  type BackendOptions,
  type Envoy,
  type GatewayProcess,
  type ScriptedBackend,
  startEnvoy,
  startGateway,
  startScriptedBackend,
} from "@gateway/testkit";
import { type EnvoyChanges, renderVariant } from "./render-variant.ts";

/** A gateway on a scripted backend, with as many Envoys in front as the tests like. */
export interface BehindEnvoy extends AsyncDisposable {
  readonly backend: ScriptedBackend;
  readonly gateway: GatewayProcess;
  /**
   * Starts an Envoy with the example's configuration, changed; it ends with the rest. It asks nobody's health unless
   * the test has it ask: where the machine is busy, answers that are late would take the gateway out.
   */
  openEnvoy(changes?: EnvoyChanges): Promise<Envoy>;
  /** Starts an Envoy with a configuration of the test's own. It ends with the rest. */
  startEnvoy(config: string): Promise<Envoy>;
}

/** What most tests ask. */
export const ask = { model: "scripted", input: "hi" };

/** Starts backend and gateway. `config` is laid over the test's own, section by section. */
export async function startBehindEnvoy(
  config: Record<string, unknown> = {},
  backendOptions: BackendOptions = {},
): Promise<BehindEnvoy> {
  await using parts = new AsyncDisposableStack();
  const backend = parts.use(await startScriptedBackend(backendOptions));
  const gateway = parts.use(
    await startGateway({
      config: {
        retry: { attempts: 1 },
        log: { level: "debug", format: "json" },
        backends: { scripted: { url: backend.url } },
        ...config,
      },
    }),
  );
  const all = parts.move();
  const start = async (config: string) => all.use(await startEnvoy({ config }));
  return {
    backend,
    gateway,
    openEnvoy: (changes = {}) =>
      start(
        renderVariant([gateway], {
          ...changes,
          processors: { health_checks: undefined, ...changes.processors },
          web: { health_checks: undefined, ...changes.web },
        }),
      ),
    startEnvoy: start,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** The error of an answer in OpenAI's shape; throws unless it has just the four keys. */
export async function errorOf(response: Response): Promise<ApiErrorBody> {
  const body = (await response.json()) as { error: ApiErrorBody };
  const keys = Object.keys(body.error).sort().join();
  if (keys !== "code,message,param,type")
    throw new Error(`not an error as OpenAI sends it: ${JSON.stringify(body)}`);
  return body.error;
}

/** An error as OpenAI's clients read it. */
export interface ApiErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}
