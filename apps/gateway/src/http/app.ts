import { notFound } from "@gateway/protocol";
import { Hono } from "hono";
import { admit } from "./admission.ts";
import { authenticate } from "./authentication.ts";
import type { AppDeps, AppEnv } from "./context.ts";
import { allowOrigins } from "./cross-origin.ts";
import { observe } from "./observe.ts";
import { renderError } from "./render-error.ts";
import { routeTable } from "./route-table.ts";
import * as conversations from "./routes/conversations.ts";
import * as health from "./routes/health.ts";
import * as models from "./routes/models.ts";
import * as responses from "./routes/responses.ts";

/** The whole API on one screen. Both listeners serve it through its `fetch`. */
export function createApp(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.notFound((c) => renderError(notFound(`Unknown request URL: ${c.req.method} ${c.req.path}.`), c));

  app.use(observe(deps));
  app.use(allowOrigins(deps.config));
  app.use("/v1/*", authenticate(deps.config.auth.keys));
  app.use("/v1/*", admit(deps.config.requests.max_concurrent));

  routeTable(app, {
    "/v1/responses": { POST: responses.create(deps) },
    "/v1/responses/input_tokens": { POST: responses.notSupported },
    "/v1/responses/compact": { POST: responses.notSupported },
    "/v1/responses/:id": { GET: responses.retrieve(deps), DELETE: responses.remove(deps) },
    "/v1/responses/:id/cancel": { POST: responses.cancel(deps) },
    "/v1/responses/:id/input_items": { GET: responses.inputItems(deps) },

    "/v1/conversations": { POST: conversations.create(deps) },
    "/v1/conversations/:id": {
      GET: conversations.retrieve(deps),
      POST: conversations.update(deps),
      DELETE: conversations.remove(deps),
    },
    "/v1/conversations/:id/items": { GET: conversations.listItems(deps), POST: conversations.addItems(deps) },
    "/v1/conversations/:id/items/:item": {
      GET: conversations.retrieveItem(deps),
      DELETE: conversations.removeItem(deps),
    },

    "/v1/models": { GET: models.list(deps) },
    "/v1/models/:model{.+}": { GET: models.retrieve(deps) },

    "/health": { GET: health.ready(deps) },
    "/health/live": { GET: health.live },
    "/health/ready": { GET: health.ready(deps) },
    ...(deps.config.telemetry.prometheus && { "/metrics": { GET: health.metrics(deps) } }),
  });
  return app;
}
