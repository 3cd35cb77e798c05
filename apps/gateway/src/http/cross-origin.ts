import { ApiError } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import { isLoopback } from "../config/exposure.ts";
import type { AppEnv } from "./context.ts";

const exposed = [
  "x-request-id",
  "x-gateway-ignored",
  "openai-processing-ms",
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "openai-poll-after-ms",
  "content-disposition",
  "content-range",
  "accept-ranges",
  "etag",
].join(", ");

/**
 * CORS (WHATWG Fetch) for pages of the configured origins and of this machine. While no keys are asked for,
 * pages of any other origin are refused outright (403): a browser would lend them its place on the loopback
 * interface, and not every such request is announced by a preflight. A page of the same origin is one of them,
 * since a name can be made to point at loopback (DNS rebinding), unless the gateway is open to anyone.
 */
export function allowOrigins(config: Config): MiddlewareHandler<AppEnv> {
  const configured = new Set(config.http.cors.origins);
  const allows = (origin: string) => configured.has("*") || configured.has(origin) || isLocal(origin);
  const guarded = config.auth.keys.length > 0;
  return async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined) return next();
    if (!allows(origin)) {
      if (!guarded && !(config.auth.open && isSameOrigin(origin, c.req.url))) throw forbidden(origin);
      return next();
    }
    c.header("access-control-allow-origin", origin);
    c.header("access-control-expose-headers", exposed);
    c.header("vary", "origin", { append: true });
    if (c.req.method !== "OPTIONS" || !c.req.header("access-control-request-method")) return next();
    c.header("access-control-allow-methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    c.header("access-control-allow-headers", c.req.header("access-control-request-headers") ?? "*");
    c.header("access-control-max-age", "600");
    return c.body(null, 204);
  };
}

function isLocal(origin: string): boolean {
  const host = URL.parse(origin)?.hostname;
  return host !== undefined && isLoopback(host.replace(/^\[|\]$/g, ""));
}

function isSameOrigin(origin: string, url: string): boolean {
  return URL.parse(origin)?.host === URL.parse(url)?.host;
}

function forbidden(origin: string): ApiError {
  return new ApiError(
    `Pages of ${origin} may not call this server. Name the origin under http.cors.origins.`,
    {
      status: 403,
      type: "invalid_request_error",
      code: "origin_not_allowed",
    },
  );
}
