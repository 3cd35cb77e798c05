import {
  BackgroundResponses,
  type EngineDeps,
  openJobRunner,
  recoverResponses,
  respondJob,
} from "@gateway/engine";
import type { Store } from "@gateway/store";
import type { Config } from "./config/config.ts";
import { meter } from "./http/meter.ts";
import type { Logger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { observeMcp } from "./telemetry/observe-mcp.ts";

/** Background responses, and what runs them. */
export interface OpenedBackground {
  background: BackgroundResponses;
  /** Begins to run what is queued. */
  start(): void;
  /** Interrupts what runs; the next process goes on with it. */
  close(): Promise<void>;
}

/** A response that has ended the process so often is not begun again. */
const attempts = 20;

/**
 * Opens background responses and sees to what a former process has left unfinished. To be done before anything new is
 * accepted.
 */
export async function openBackground(
  config: Config,
  engine: EngineDeps,
  store: Store,
  { log, metrics }: { log: Logger; metrics: Metrics },
): Promise<OpenedBackground> {
  const background = new BackgroundResponses({
    ...engine,
    jobs: store.jobs,
    wake: () => runner.wake(respondJob),
    observe: (batches, request) => meter(batches, request.model, metrics, {}),
  });
  const runner = openJobRunner({
    jobs: store.jobs,
    now: engine.now,
    onFault: (message, cause) => log.warn({ err: cause }, message),
    kinds: {
      [respondJob]: {
        concurrency: config.background.concurrency,
        attempts,
        backoffMs: (attempt) => 1000 * 4 ** (attempt - 1),
        run: (job, signal) =>
          background.run(job, signal, {
            onFailure: (error) =>
              log.warn(
                { err: error.cause ?? error, code: error.code, response_id: job.subject },
                error.message,
              ),
            onFault: (message, cause) => log.warn({ err: cause, response_id: job.subject }, message),
            onMcpUse: observeMcp(log.child({ response_id: job.subject }), metrics),
          }),
        onExhausted: (job, error) => background.giveUp(job, error),
      },
    },
  });
  const { failed, resumed } = await recoverResponses(background, engine);
  if (failed > 0)
    log.warn({ responses: failed }, "responses of a former process were left unfinished; marked failed");
  if (resumed > 0) log.info({ responses: resumed }, "background responses of a former process go on");
  return { background, start: () => runner.start(), close: () => runner.close() };
}
