import type { ExtProcObserver } from "@gateway/extproc";
import type { Logger } from "./logger.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Tells both metrics and log what happens on Envoy's streams (S1-64..67): an end, a cancellation or a passed
 * deadline is the way of things and stands there at `debug`; what failed, with its gRPC code, is an error.
 */
export function observeExtProc({ extproc }: Metrics, log: Logger): ExtProcObserver {
  return {
    phase: extproc.phase,
    streamError(errorType, error) {
      extproc.streamError(errorType, error);
      log.error({ error_type: errorType, err: error }, "extproc stream failed");
    },
    streamClosed(reason) {
      extproc.streamClosed(reason);
      log.debug({ reason }, "extproc stream closed");
    },
  };
}
