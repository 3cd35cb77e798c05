import { newId } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { afterBody } from "./after-body.ts";
import type { AppDeps, AppEnv } from "./context.ts";

/** What a caller's own request id may look like; anything else is replaced, since it goes into logs. */
const requestIdPattern = /^[\w.:/+=@-]{1,128}$/;

/**
 * Gives every request its id (the caller's `x-request-id`, or a new one) and a logger bound to it, and when
 * the answer is over, streams included, writes one log line and one measurement. No bodies, no keys.
 */
export function observe({ log, metrics }: AppDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const begin = performance.now();
    const sent = c.req.header("x-request-id");
    const requestId = sent !== undefined && requestIdPattern.test(sent) ? sent : newId("req");
    const bound = log.child({ request_id: requestId });
    c.set("requestId", requestId);
    c.set("log", bound);
    c.set("logFields", {});
    c.header("x-request-id", requestId);

    await next();

    const elapsed = performance.now() - begin;
    // Not c.header(): that makes a new Response, which the server then reads a timer's tick ahead before it sends.
    c.res.headers.set("openai-processing-ms", String(Math.round(elapsed)));
    const { method } = c.req;
    const route = routePath(c, -1);
    const status = c.get("upgraded") === true ? 101 : c.res.status;
    const finish = () =>
      noteRequest({ log: bound, metrics }, { method, route, status, begin }, c.get("logFields"));
    if (!afterBody(c, finish)) finish();
  };
}

/** A request that is over. */
export interface RequestFacts {
  method: string;
  /** The pattern it matched. */
  route: string;
  status: number;
  /** When it came, by `performance.now()`. */
  begin: number;
}

/** Writes the log line and the measurement of a request that is over. */
export function noteRequest(
  { log, metrics }: Pick<AppDeps, "log" | "metrics">,
  { method, route, status, begin }: RequestFacts,
  fields: Record<string, unknown>,
): void {
  const seconds = (performance.now() - begin) / 1000;
  metrics.httpRequest(method, route, status, seconds);
  log[levelOf(status, route)](
    { method, route, status, duration_ms: Math.round(seconds * 1e6) / 1000, ...fields },
    "request",
  );
}

/** Shedding load is the gateway's work, not a fault of it; probes would drown everything else. */
function levelOf(status: number, route: string): "debug" | "info" | "warn" | "error" {
  if (status === 503) return "warn";
  if (status >= 500) return "error";
  return route.startsWith("/health") || route === "/metrics" ? "debug" : "info";
}
