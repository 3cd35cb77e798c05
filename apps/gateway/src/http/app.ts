import { notFound } from "@gateway/protocol";
import { Hono } from "hono";
import { admit } from "./admission.ts";
import { authenticate } from "./authentication.ts";
import type { AppDeps, AppEnv } from "./context.ts";
import { allowOrigins } from "./cross-origin.ts";
import { observe } from "./observe.ts";
import { renderError } from "./render-error.ts";
import { routeTable } from "./route-table.ts";
import * as compact from "./routes/compact.ts";
import * as connectors from "./routes/connectors.ts";
import * as containers from "./routes/containers.ts";
import * as conversations from "./routes/conversations.ts";
import * as fileBatches from "./routes/file-batches.ts";
import * as files from "./routes/files.ts";
import * as health from "./routes/health.ts";
import * as inputTokens from "./routes/input-tokens.ts";
import * as models from "./routes/models.ts";
import * as prompts from "./routes/prompts.ts";
import * as responseSocket from "./routes/response-socket.ts";
import * as responses from "./routes/responses.ts";
import * as uploads from "./routes/uploads.ts";
import * as vectorStoreFiles from "./routes/vector-store-files.ts";
import * as vectorStores from "./routes/vector-stores.ts";

/** The whole API on one screen. Both listeners serve it through its `fetch`. */
export function createApp(deps: AppDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(renderError);
  app.notFound((c) => renderError(notFound(`Unknown request URL: ${c.req.method} ${c.req.path}.`), c));

  app.use(observe(deps));
  app.use(allowOrigins(deps.config));
  app.use("/v1/*", authenticate(deps.config.auth.keys));
  app.use("/v1/*", admit(deps.admission));

  routeTable(app, {
    "/v1/responses": { GET: responseSocket.open(deps), POST: responses.create(deps) },
    "/v1/responses/input_tokens": { POST: inputTokens.count(deps) },
    "/v1/responses/compact": { POST: compact.create(deps) },
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

    "/v1/files": { POST: files.create(deps), GET: files.list(deps) },
    "/v1/files/:id": { GET: files.retrieve(deps), DELETE: files.remove(deps) },
    "/v1/files/:id/content": { GET: files.content(deps) },

    "/v1/uploads": { POST: uploads.create(deps) },
    "/v1/uploads/:id/parts": { POST: uploads.addPart(deps) },
    "/v1/uploads/:id/complete": { POST: uploads.complete(deps) },
    "/v1/uploads/:id/cancel": { POST: uploads.cancel(deps) },

    "/v1/vector_stores": { POST: vectorStores.create(deps), GET: vectorStores.list(deps) },
    "/v1/vector_stores/:id": {
      GET: vectorStores.retrieve(deps),
      POST: vectorStores.update(deps),
      PUT: vectorStores.update(deps),
      DELETE: vectorStores.remove(deps),
    },
    "/v1/vector_stores/:id/search": { POST: vectorStores.search(deps) },
    "/v1/vector_stores/:id/files": { POST: vectorStoreFiles.attach(deps), GET: vectorStoreFiles.list(deps) },
    "/v1/vector_stores/:id/files/:file": {
      GET: vectorStoreFiles.retrieve(deps),
      POST: vectorStoreFiles.update(deps),
      DELETE: vectorStoreFiles.detach(deps),
    },
    "/v1/vector_stores/:id/files/:file/content": { GET: vectorStoreFiles.content(deps) },
    "/v1/vector_stores/:id/file_batches": { POST: fileBatches.create(deps) },
    "/v1/vector_stores/:id/file_batches/:batch": { GET: fileBatches.retrieve(deps) },
    "/v1/vector_stores/:id/file_batches/:batch/cancel": { POST: fileBatches.cancel(deps) },
    "/v1/vector_stores/:id/file_batches/:batch/files": { GET: fileBatches.listFiles(deps) },

    "/v1/containers": { POST: containers.create(deps), GET: containers.list(deps) },
    "/v1/containers/:id": { GET: containers.retrieve(deps), DELETE: containers.remove(deps) },
    "/v1/containers/:id/files": { POST: containers.createFile(deps), GET: containers.listFiles(deps) },
    "/v1/containers/:id/files/:file": {
      GET: containers.retrieveFile(deps),
      DELETE: containers.removeFile(deps),
    },
    "/v1/containers/:id/files/:file/content": { GET: containers.content(deps) },

    "/v1/prompts": { POST: prompts.create(deps), GET: prompts.list(deps) },
    "/v1/prompts/:id": {
      GET: prompts.retrieve(deps),
      PUT: prompts.update(deps),
      DELETE: prompts.remove(deps),
    },
    "/v1/prompts/:id/versions": { GET: prompts.versions(deps) },
    "/v1/prompts/:id/default_version": { POST: prompts.setDefault(deps) },

    "/v1/connectors": { POST: connectors.create(deps), GET: connectors.list(deps) },
    "/v1/connectors/:id": { GET: connectors.retrieve(deps), DELETE: connectors.remove(deps) },

    "/v1/models": { GET: models.list(deps) },
    "/v1/models/:model{.+}": { GET: models.retrieve(deps) },

    "/health": { GET: health.ready(deps) },
    "/health/live": { GET: health.live },
    "/health/ready": { GET: health.ready(deps) },
    ...(deps.config.telemetry.prometheus && { "/metrics": { GET: health.metrics(deps) } }),
  });
  return app;
}
