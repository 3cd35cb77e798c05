import { ApiError } from "@gateway/protocol";
import type { Hono } from "hono";
import type { AppContext, AppEnv } from "./context.ts";

export type Handler = (c: AppContext) => Response | Promise<Response>;
type Method = "GET" | "POST" | "PUT" | "DELETE";
/** Paths, and what each answers by method. */
export type RouteTable = Record<string, Partial<Record<Method, Handler>>>;

/**
 * Registers a table of routes. A path that exists answers every other method with 405 and `Allow`
 * (RFC 9110, section 15.5.6); OPTIONS with what it allows. HEAD follows GET.
 */
export function routeTable(app: Hono<AppEnv>, table: RouteTable): void {
  for (const [path, handlers] of Object.entries(table)) {
    const allowed = Object.keys(handlers).flatMap((method) =>
      method === "GET" ? ["GET", "HEAD"] : [method],
    );
    const allow = [...allowed, "OPTIONS"].join(", ");
    for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
    app.options(path, (c) => c.body(null, 204, { allow }));
    app.all(path, (c) => {
      c.header("allow", allow);
      throw new ApiError(`Not allowed to ${c.req.method} on ${c.req.path}. Use ${allowed.join(" or ")}.`, {
        status: 405,
        type: "invalid_request_error",
        code: "method_not_allowed",
      });
    });
  }
}
