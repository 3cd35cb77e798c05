import type { BackgroundResponses, EngineDeps, IdempotentRequests } from "@gateway/engine";
import type { Knowledge } from "@gateway/knowledge";
import { withConfigured } from "../configured-connectors.ts";
import { Admission } from "../http/admission.ts";
import { createApp } from "../http/app.ts";
import type { AppDeps } from "../http/context.ts";
import { createLogger } from "../telemetry/logger.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { WebSockets } from "../websocket/web-sockets.ts";
import { type FakeFiles, fakeFiles } from "./fake-files.ts";
import { fakeStores, type StoreCall } from "./fake-stores.ts";
import { memoryConnectors } from "./memory-connectors.ts";
import { memoryPrompts } from "./memory-prompts.ts";
import { loadTestConfig } from "./test-config.ts";

/** The API over fakes. */
export interface TestApp {
  fetch(request: Request): Response | Promise<Response>;
  /** Sends a JSON body, or none; gives status, body and headers. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  fakes: FakeFiles;
  /** What was asked of the vector stores. */
  calls: StoreCall[];
  /** Everything that was logged, as text. */
  log(): string;
}

/** An answer, read to its end. */
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes
  body: any;
  headers: Headers;
}

/** A request that posts a form. Its body is made beforehand: undici's own stream of a form minds being cancelled. */
export async function formRequest(path: string, form: FormData): Promise<Request> {
  const { headers, body } = new Response(form);
  const bytes = await new Response(body).arrayBuffer();
  const type = headers.get("content-type") ?? "";
  return new Request(`http://localhost${path}`, {
    method: "POST",
    body: bytes,
    headers: { "content-type": type },
  });
}

/** Makes the API over fakes, for tests of the routes that need no model. @param file the configuration */
export async function openTestApp(file: object = {}): Promise<TestApp> {
  const config = loadTestConfig(file);
  const lines: string[] = [];
  const log = await createLogger({
    level: "debug",
    format: "json",
    env: {},
    terminal: false,
    destination: { write: (line) => void lines.push(line) },
  });
  const fakes = fakeFiles();
  const { stores, calls } = fakeStores();
  const prompts = memoryPrompts();
  const metrics = createMetrics(false);
  const engine = { now: () => 5_000_000 } as EngineDeps;
  const admission = new Admission(config.requests.max_concurrent);
  const app = createApp({
    config,
    log,
    metrics,
    admission,
    sockets: new WebSockets({ config, engine, metrics, admission }),
    engine,
    background: {} as BackgroundResponses,
    idempotency: {} as IdempotentRequests,
    knowledge: { files: fakes.files, uploads: fakes.uploads, stores } as Knowledge,
    prompts,
    connectors: withConfigured(memoryConnectors(), config.tools.connectors),
    ready: async () => {},
  } satisfies AppDeps);
  return {
    fetch: (request) => app.fetch(request),
    async call(method, path, body, headers = {}) {
      const json = body === undefined ? undefined : JSON.stringify(body);
      const type = json === undefined ? {} : { "content-type": "application/json" };
      const response = await app.request(path, {
        method,
        headers: { ...type, ...headers },
        ...(json !== undefined && { body: json }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
      return {
        status: response.status,
        body: isJson && text !== "" ? JSON.parse(text) : text,
        headers: response.headers,
      };
    },
    fakes,
    calls,
    log: () => lines.join(""),
  };
}
