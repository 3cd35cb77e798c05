import type { RequestScope } from "@gateway/engine";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { observeMcp } from "../telemetry/observe-mcp.ts";
import type { AppContext } from "./context.ts";

/** Who asks, whichever way. */
export interface Asker {
  tenant: string;
  /** Bound to the request's id. */
  log: Logger;
}

/** The scope of a request whose faults are logged and whose failures are thrown; nothing aborts it by itself. */
export function toRequestScope({ tenant, log }: Asker, metrics: Metrics): RequestScope {
  return {
    tenant,
    abort: new AbortController(),
    onFailure: () => {},
    onFault: (message, cause) => log.warn({ err: cause }, message),
    onMcpUse: observeMcp(log, metrics),
  };
}

/** The scope of a request that is answered, or refused, as a whole; aborted when its client leaves. */
export function openRequestScope(c: AppContext, metrics: Metrics): RequestScope {
  const scope = toRequestScope({ tenant: c.get("tenant"), log: c.get("log") }, metrics);
  abortWhenGone(c, scope.abort);
  return scope;
}

/** Aborts when the client of a request leaves, or has left; gives the same controller. */
export function abortWhenGone(c: AppContext, abort: AbortController): AbortController {
  const { signal } = c.req.raw;
  if (signal.aborted) abort.abort();
  else signal.addEventListener("abort", () => abort.abort(), { once: true });
  return abort;
}
