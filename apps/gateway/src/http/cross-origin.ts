import { limitPrefix } from "@gateway/backends";
import { ApiError } from "@gateway/protocol";
import type { MiddlewareHandler } from "hono";
import type { Config } from "../config/config.ts";
import { isLoopback } from "../config/exposure.ts";
import type { AppEnv } from "./context.ts";

/** Headers that pages may read; what names limits is added where it is there ({@link exposeLimits}). */
const exposed = [
  "x-request-id",
  "x-gateway-ignored",
  "idempotent-replayed",
  "x-gateway-token-count",
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
 *
 * Browsers name no origin when a page reads from its own, so that such a name is known by the Host alone: without keys
 * only names of this machine, the one listened on and those of configured origins are answered to, else it is a 403.
 * It holds for both doors, since a page reaches an Envoy on this machine in the same way. Health checks, which say
 * nothing that is worth keeping, may come by any name.
 */
export function allowOrigins(config: Config): MiddlewareHandler<AppEnv> {
  const { origins } = config.http.cors;
  const configured = new Set(origins);
  const allows = (origin: string) => configured.has("*") || configured.has(origin) || isLocal(origin);
  const guarded = config.auth.keys.length > 0;
  const anyName = guarded || config.auth.open || configured.has("*");
  const names = new Set([config.http.listen.host, ...origins.map(nameOf)]);
  return async (c, next) => {
    if (!anyName && !/^\/health(\/|$)/.test(c.req.path)) {
      const name = nameOf(c.req.url);
      if (!isThisMachine(name) && !names.has(name)) throw unknownName(name);
    }
    const origin = c.req.header("origin");
    if (origin === undefined) return next();
    if (!allows(origin)) {
      if (!guarded && !(config.auth.open && isSameOrigin(origin, c.req.url))) throw forbidden(origin);
      return next();
    }
    c.header("access-control-allow-origin", origin);
    c.header("access-control-expose-headers", exposed);
    c.header("vary", "origin", { append: true });
    if (c.req.method !== "OPTIONS" || !c.req.header("access-control-request-method")) {
      await next();
      exposeLimits(c.res.headers);
      return;
    }
    c.header("access-control-allow-methods", "GET, HEAD, POST, PUT, DELETE, OPTIONS");
    c.header("access-control-allow-headers", c.req.header("access-control-request-headers") ?? "*");
    c.header("access-control-max-age", "600");
    return c.body(null, 204);
  };
}

/** Lets pages read what an answer says of limits: servers have many names for these, and there is no pattern for them. */
function exposeLimits(headers: Headers): void {
  for (const name of [...headers.keys()])
    if (name.startsWith(limitPrefix)) headers.append("access-control-expose-headers", name);
}

/** The host name or address of a URL, without a port, brackets or the dot at the end; "" where it is no URL. */
function nameOf(url: string): string {
  return (URL.parse(url)?.hostname ?? "").replace(/^\[|\]$|\.$/g, "");
}

/** Names under "localhost" are loopback in every browser (RFC 6761, 6.3). */
function isThisMachine(name: string): boolean {
  return isLoopback(name) || name.endsWith(".localhost");
}

function isLocal(origin: string): boolean {
  return isLoopback(nameOf(origin));
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

function unknownName(name: string): ApiError {
  return new ApiError(
    `While no keys are asked for, this server does not answer to the name '${name.slice(0, 253)}'. Call it as localhost, or name an origin of that host under http.cors.origins, list keys under auth.keys, or set auth: { open: true }.`,
    {
      status: 403,
      type: "invalid_request_error",
      code: "host_not_allowed",
    },
  );
}
