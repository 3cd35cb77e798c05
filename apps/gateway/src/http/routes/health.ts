import type { AppContext, AppDeps } from "../context.ts";
import type { Handler } from "../route-table.ts";

/** `GET /health/live`: the process answers. */
export function live(c: AppContext): Response {
  return c.json({ status: "ok" });
}

/** `GET /health` and `/health/ready`: 503 while the store cannot be written or the process is ending. */
export function ready(deps: AppDeps): Handler {
  return async (c) => {
    try {
      await deps.ready();
      return c.json({ status: "ok" });
    } catch (error) {
      c.get("log").warn({ err: error }, "not ready");
      return c.json({ status: "unavailable" }, 503);
    }
  };
}

/** `GET /metrics`: Prometheus text. */
export function metrics(deps: AppDeps): Handler {
  return async (c) =>
    c.text(await deps.metrics.render(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
}
