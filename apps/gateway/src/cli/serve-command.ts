import { loadConfig } from "../config/load-config.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type Command, exitCode } from "./command.ts";
import { describeOperatorError } from "./operator-error.ts";
import { configFlags, parseFlags } from "./parse-flags.ts";
import { version } from "./version.ts";
import { withSmallYoungGeneration } from "./young-generation.ts";

/** Signals that end the process, and their numbers for the exit code of one that would not wait. */
const endSignals = { SIGINT: 2, SIGTERM: 15 } as const;

/** How long after a clean end something may still keep the process alive, in milliseconds. */
const lingering = 1000;

/**
 * `gateway serve`: runs until SIGTERM or SIGINT, then ends cleanly with 0; a second signal ends it at once. The
 * line "listening" tells that both listeners accept, at whatever level the log is.
 */
export const serve: Command = async (args, { env, cwd }) => {
  const { flags } = parseFlags(args, configFlags);
  const { config, file, sources, warnings } = loadConfig({ flags, env, cwd });
  const log = await createLogger({ ...config.log, env, terminal: process.stdout.isTTY === true });
  process.on("uncaughtException", (error) => {
    log.error({ err: error }, "unexpected error; the process ends");
    process.exit(exitCode.failure);
  });
  const ended = onEndSignal(log);
  for (const warning of warnings) log.warn(warning);

  const metrics = createMetrics(config.telemetry.prometheus);
  let gateway: Awaited<ReturnType<typeof import("../serve.ts").startGateway>>;
  try {
    const { startGateway } = await withSmallYoungGeneration(() => import("../serve.ts"));
    gateway = await startGateway(config, { log, metrics });
  } catch (error) {
    const known = describeOperatorError(error);
    log.error(known === undefined ? { err: error } : {}, known ?? "the gateway cannot start");
    return finish(exitCode.failure);
  }

  log.child({}, { level: "info" }).info(
    {
      http: gateway.http,
      extproc: gateway.extproc,
      version,
      ms: Math.round(performance.now()),
      config: file ?? null,
      settings: sources,
    },
    "listening",
  );
  // From here on nobody waits for it.
  await withSmallYoungGeneration(() => metrics.load());

  log.info({ signal: await ended }, "stopping");
  await gateway.close();
  log.info("stopped");
  return finish(exitCode.ok);
};

/** Resolves with the first signal that asks for the end; the second one ends the process there and then. */
function onEndSignal(log: Logger): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    for (const [signal, number] of Object.entries(endSignals)) {
      process.on(signal, () => {
        if (asked) {
          log.warn({ signal }, "stopped at once; running answers are lost");
          process.exit(128 + number);
        }
        asked = true;
        resolve(signal as NodeJS.Signals);
      });
    }
  });
}

/** Sees to it that the process ends, also when something that was forgotten keeps it alive. */
function finish(code: number): number {
  setTimeout(() => process.exit(code), lingering).unref();
  return code;
}
