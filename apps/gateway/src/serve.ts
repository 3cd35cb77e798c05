import { setTimeout as sleep } from "node:timers/promises";
import { ConversationLocks, type EngineDeps, IdempotentRequests, RunningResponses } from "@gateway/engine";
import { listenExtProc } from "@gateway/extproc";
import { createSealer, loadServerKey, openStore, type Store } from "@gateway/store";
import type { Config } from "./config/config.ts";
import { renderAddress } from "./config/scalars.ts";
import { withConfigured } from "./configured-connectors.ts";
import { connectBackends } from "./connect-backends.ts";
import { Admission } from "./http/admission.ts";
import { createApp } from "./http/app.ts";
import type { AppBindings } from "./http/context.ts";
import { listenHttp } from "./http/listen.ts";
import { isUpload } from "./http/upload-requests.ts";
import { openBackground } from "./open-background.ts";
import { openConfiguredCode } from "./open-code.ts";
import { openConfiguredKnowledge } from "./open-knowledge.ts";
import { openConfiguredMcp } from "./open-mcp.ts";
import { openConfiguredWeb } from "./open-web.ts";
import { startRetention } from "./retention.ts";
import type { Logger } from "./telemetry/logger.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { observeExtProc } from "./telemetry/observe-extproc.ts";
import { openHandshakes } from "./websocket/handshake.ts";
import { WebSockets } from "./websocket/web-sockets.ts";

/** What the process gives to a gateway. */
export interface GatewayDeps {
  log: Logger;
  metrics: Metrics;
}

/** A gateway whose two listeners accept. */
export interface RunningGateway {
  /** "host:port" of the HTTP listener. */
  http: string;
  /** "host:port" of the ExtProc listener. */
  extproc: string;
  /**
   * Ends it without hurting anyone: not ready, no new requests, running answers get the configured grace,
   * then the background work ends and the store is closed.
   */
  close(): Promise<void>;
}

/**
 * Wires a gateway and starts both listeners. Rejects, with everything closed again, when the database is in
 * use, an address is taken or a backend's settings make no sense.
 */
export async function startGateway(config: Config, { log, metrics }: GatewayDeps): Promise<RunningGateway> {
  const { path, synchronous } = config.store;
  const sealer = createSealer(
    ...loadServerKey({ path, secret: config.server_key, former: config.former_server_keys }),
  );
  const store = openStore({
    path,
    synchronous,
    seal: sealer,
    onProblem: (error) => log.warn({ err: error }, "store maintenance"),
  });
  const undo: (() => Promise<void>)[] = [() => store.close()];
  try {
    // Before anything takes jobs: what is marked as running now is a former process's.
    await store.jobs.releaseAll();
    const backends = await connectBackends(config, log);
    undo.unshift(() => backends.close());
    const opened = await openConfiguredKnowledge(config, store, log);
    undo.unshift(() => opened.close());
    const { knowledge } = opened;
    const web = openConfiguredWeb(config, opened.extractor);
    undo.unshift(() => web.close());
    const mcp = openConfiguredMcp(config);
    undo.unshift(() => mcp.close());
    const code = openConfiguredCode(config, store, opened, log);
    if (code !== undefined) undo.unshift(() => code.close());
    const connectors = withConfigured(store.connectors, config.tools.connectors);
    const engine: EngineDeps = {
      catalog: backends.catalog,
      responses: store.responses,
      conversations: store.conversations,
      locks: new ConversationLocks(),
      running: new RunningResponses(),
      files: knowledge.requestFiles,
      knowledge: knowledge.search,
      prompts: store.prompts,
      mcp,
      connectors,
      web: web.search,
      fetcher: web.fetcher,
      images: backends.images,
      code,
      sealer,
      now: Date.now,
    };
    const runs = await openBackground(config, engine, store, { log, metrics });
    undo.unshift(() => runs.close());
    const state = { ending: false };
    const admission = new Admission(config.requests.max_concurrent);
    const sockets = new WebSockets({ config, engine, metrics, admission });
    undo.unshift(() => sockets.close(0));
    const app = createApp({
      config,
      log,
      metrics,
      knowledge,
      containers: code,
      prompts: store.prompts,
      connectors,
      engine,
      background: runs.background,
      admission,
      sockets,
      idempotency: new IdempotentRequests({
        ...engine,
        idempotency: store.idempotency,
        onFault: (message, cause) => log.warn({ err: cause }, message),
      }),
      ready: () => checkReady(store, state),
    });
    const fetch = (request: Request, door?: AppBindings) => app.fetch(request, door);

    const http = await listenHttp({
      ...config.http.listen,
      fetch,
      upgrade: openHandshakes({ fetch, maxMessage: config.requests.max_body }),
      receive: { timeout: config.requests.receive_timeout, mayBeLong: isUpload },
      // Longer than the longest answer that is silent by right, one that is not streamed.
      idleTimeout: config.timeout.total + 60_000,
    });
    undo.unshift(() => http.close(0));
    const extproc = await listenExtProc({
      ...config.extproc.listen,
      fetch,
      limits: {
        maxBodyBytes: config.requests.max_body,
        receiveTimeoutMs: config.requests.receive_timeout,
      },
      assumed: {
        method: "POST",
        url: "http://localhost/v1/responses",
        headers: { "content-type": "application/json" },
      },
      observer: observeExtProc(metrics, log),
    });

    runs.start();
    opened.start();
    code?.start();
    code?.warmUp();
    const sweeper = startRetention(config.store.retention, { retention: store.retention, log });
    return {
      http: renderAddress({ host: config.http.listen.host, port: http.address.port }),
      extproc: renderAddress(extproc.address),
      async close() {
        // First whoever balances load is told, by both health checks; then the doors close.
        state.ending = true;
        extproc.setServing(false);
        const { drain_delay: delay, grace } = config.shutdown;
        await sleep(delay);
        const cut = setTimeout(() => void extproc.close(), grace);
        await Promise.all([extproc.drain(), sockets.close(grace), http.close(grace)]);
        clearTimeout(cut);
        await runs.close();
        await sweeper.close();
        await code?.close();
        await mcp.close();
        await web.close();
        await opened.close();
        await backends.close();
        await store.close();
      },
    };
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
}

async function checkReady(store: Store, state: { ending: boolean }): Promise<void> {
  if (state.ending) throw new Error("the process is ending");
  const { ok, problems } = await store.check();
  if (!ok) throw new Error(problems.join(" "));
}
