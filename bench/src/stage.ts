import { type GatewayChoice, type GatewayUnderTest, startGatewayUnderTest } from "./gateway-under-test.ts";
import { startLineProcess, startServer } from "./line-process.ts";
import { startCpuWatch } from "./process-cost.ts";
import type { LoadJob, LoadResult } from "./run-load.ts";
import { type Ask, type Target, toLoadJob } from "./target.ts";

/** What one load came to; times in milliseconds, rates a second. Undefined is what could not be measured. */
export interface Measured {
  /** Answers a second. */
  rate: number;
  p50: number;
  p99: number;
  tokensPerSecond: number;
  firstToken: number | undefined;
  firstTokenP99: number | undefined;
  /** The 99th percentile of the load generator's event-loop delay. */
  generatorDelay: number;
  /** CPU milliseconds of the target's process (not Envoy's) an answer. */
  cpuPerAnswer: number | undefined;
  /** CPU microseconds of the target's process a token. */
  cpuPerToken: number | undefined;
  /** CPU milliseconds of Envoy an answer. */
  envoyPerAnswer: number | undefined;
  /** CPU microseconds of Envoy a token. */
  envoyPerToken: number | undefined;
}

/** The processes of one run: backend, translator, load generator, and the gateways that topics start. */
export interface Stage extends AsyncDisposable {
  /** "http://host:port" of the backend. */
  readonly backendOrigin: string;
  readonly backend: Target;
  readonly translator: Target;
  /** Puts a load on a target. @throws Error when an answer was wrong: a rate of failures means nothing. */
  measure(target: Target, ask: Ask): Promise<Measured>;
  /** The same with any job; `of` is who works on it. */
  runJob(of: Pick<Target, "name" | "pid" | "envoyPid">, job: LoadJob): Promise<Measured>;
  /** Starts a gateway that is ended with the stage at the latest. */
  startGateway(choice?: Partial<GatewayChoice>): Promise<GatewayUnderTest>;
}

/** Starts the parts that every topic needs. */
export async function openStage(defaults: {
  entry?: string | undefined;
  withEnvoy: boolean;
}): Promise<Stage> {
  const backend = await startServer("backend.ts");
  const translator = await startServer("translator.ts", { BACKEND_URL: backend.origin });
  const load = await startLineProcess("load.ts");
  await load.nextLine();
  const gateways = new Set<GatewayUnderTest>();
  const runJob: Stage["runJob"] = async ({ name, pid, envoyPid }, job) => {
    const used = startCpuWatch({ own: pid, envoy: envoyPid ?? 0 });
    load.send(job);
    const result = (await load.nextLine()) as LoadResult;
    const { own, envoy } = used();
    if (result.errors > 0) {
      const of = result.answers + result.errors;
      throw new Error(
        `${name}: ${result.errors} of ${of} answers were wrong, the first: ${result.firstError}`,
      );
    }
    return toMeasured(result, own, envoy);
  };
  return {
    runJob,
    backendOrigin: backend.origin,
    backend: { name: "backend alone", origin: backend.origin, api: "chat", pid: backend.pid },
    translator: { name: "translator", origin: translator.origin, api: "responses", pid: translator.pid },
    measure: (target, ask) => runJob(target, toLoadJob(target, ask)),
    async startGateway(choice = {}) {
      const gateway = await startGatewayUnderTest({ backend: backend.origin, ...defaults, ...choice });
      gateways.add(gateway);
      const stop = async (): Promise<void> => {
        if (gateways.delete(gateway)) await gateway.stop();
      };
      return { ...gateway, stop };
    },
    async [Symbol.asyncDispose]() {
      for (const gateway of gateways) await gateway.stop();
      await load.stop();
      await translator.stop();
      await backend.stop();
    },
  };
}

function toMeasured(result: LoadResult, own: number | undefined, envoy: number | undefined): Measured {
  const { answers, tokens, elapsed, latency, firstToken } = result;
  const each = (ms: number | undefined, count: number, scale = 1): number | undefined =>
    ms === undefined || count === 0 ? undefined : (ms * scale) / count;
  return {
    rate: answers / (elapsed / 1000),
    p50: latency.p50,
    p99: latency.p99,
    tokensPerSecond: tokens / (elapsed / 1000),
    firstToken: firstToken?.p50,
    firstTokenP99: firstToken?.p99,
    generatorDelay: result.loopDelay,
    cpuPerAnswer: each(own, answers),
    cpuPerToken: each(own, tokens, 1000),
    envoyPerAnswer: each(envoy, answers),
    envoyPerToken: each(envoy, tokens, 1000),
  };
}
