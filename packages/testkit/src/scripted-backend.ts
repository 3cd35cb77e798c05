import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as readText } from "node:stream/consumers";
import { openExchange } from "./scripted/exchange.ts";
import type { RecordedRequest } from "./scripted/recorded-request.ts";
import { errorAnswer, json, type Script } from "./scripted/steps.ts";
import { waitFor } from "./wait-for.ts";

/** A script, or a function that writes one when it has seen the request. */
export type ScriptSource = Script | ((request: RecordedRequest) => Script);

/** Settings of `startScriptedBackend`; all may be left out. */
export interface BackendOptions {
  /** Names for GET /v1/models; `["scripted"]` when left out. */
  models?: string[];
  /** Port, to come back where an earlier backend of the test was; a free one when left out. */
  port?: number;
  /** False keeps no journal, for endless runs under load; true when left out. */
  journal?: boolean;
}

/** An OpenAI-compatible backend whose answers the test dictates. */
export interface ScriptedBackend extends AsyncDisposable {
  /** Base address; ends in "/v1". */
  readonly url: string;
  readonly port: number;
  /** Every request but GET /v1/models, in the order in which the bodies were complete. */
  readonly requests: readonly RecordedRequest[];
  /** Number of GET /v1/models requests. */
  readonly modelsRequests: number;
  /** Number of requests whose answer is not over. */
  readonly activeRequests: number;
  /** Number of connections accepted so far. */
  readonly connections: number;
  /** Adds one answer (all arguments together) to the queue; requests take them in the order they arrive. */
  enqueue(...script: Script[]): void;
  /** Answers for one model, in order; the last one repeats. They come before the queue. */
  byModel(model: string, ...scripts: [ScriptSource, ...ScriptSource[]]): void;
  /** The answer when the queue is empty. Without one such a request gets status 400 and code "no_script". */
  setDefault(script: ScriptSource): void;
  /**
   * Answers one path (with its query) by a script from now on. Such requests are not in `requests`. Without one the
   * addresses where servers count tokens and tell their settings are not there (404).
   */
  byPath(path: string, script: ScriptSource): void;
  /** Replaces the names for GET /v1/models. */
  setModels(models: string[]): void;
  /** Answers GET /v1/models by a script from now on; undefined goes back to the list. */
  setModelsScript(script: ScriptSource | undefined): void;
  /** Waits for the n-th request (1 is the first); gives up after 10,000 ms unless told otherwise. */
  waitForRequest(n: number, timeoutMs?: number): Promise<RecordedRequest>;
  /** Closes the port and all connections; scripts end where they are. Stopping twice is no error. */
  stop(): Promise<void>;
}

/**
 * Starts a scripted backend on loopback. It answers any path with scripts, and GET /v1/models with a list.
 *
 * @example
 * const backend = await startScriptedBackend();
 * const pause = gate();
 * backend.enqueue(roleChunk(), contentChunk("Hel"), pause, contentChunk("lo"), finishChunk("stop"), done());
 */
export async function startScriptedBackend(options: BackendOptions = {}): Promise<ScriptedBackend> {
  const { journal = true } = options;
  let models = options.models ?? ["scripted"];
  let modelsScript: ScriptSource | undefined;
  let defaultScript: ScriptSource | undefined;
  const queue: Script[] = [];
  const scriptsByModel = new Map<string, ScriptSource[]>();
  const scriptsByPath = new Map<string, ScriptSource>();
  const requests: RecordedRequest[] = [];
  const stopped = new AbortController();
  const counts = { received: 0, active: 0, models: 0, connections: 0 };

  const nextScript = (request: RecordedRequest): Script => {
    const ofModel = scriptsByModel.get(request.body.model ?? "");
    const source =
      (ofModel !== undefined && ofModel.length > 1 ? ofModel.shift() : ofModel?.[0]) ??
      queue.shift() ??
      defaultScript;
    if (source !== undefined) return write(source, request);
    const message = `No script is left for request ${request.number} (${request.method} ${request.path}, model ${request.body.model}).`;
    return errorAnswer(400, { message, code: "no_script" });
  };

  const answer = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readText(incoming);
    const asksForModels = incoming.method === "GET" && /^\/v1\/models(\?|$)/.test(incoming.url ?? "");
    const ofPath =
      scriptsByPath.get(incoming.url ?? "") ?? (besideChat.test(incoming.url ?? "") ? absent : undefined);
    if (ofPath !== undefined) {
      const aside = openExchange(incoming, text, 0, response, stopped.signal);
      return aside.play(write(ofPath, aside.request));
    }
    const number = asksForModels ? ++counts.models : ++counts.received;
    const exchange = openExchange(incoming, text, number, response, stopped.signal);
    const { request } = exchange;
    if (!asksForModels) {
      counts.active += 1;
      if (journal) requests.push(request);
    }
    const list = json({
      object: "list",
      data: models.map((id) => ({ id, object: "model", created: 0, owned_by: "scripted" })),
    });
    const script = asksForModels
      ? modelsScript === undefined
        ? list
        : write(modelsScript, request)
      : nextScript(request);
    await exchange.play(script);
    if (!asksForModels) counts.active -= 1;
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    // A caller that hangs up while it still sends its body leaves nothing to answer.
    answer(incoming, response).catch(() => response.destroy());
  });
  server.on("connection", () => {
    counts.connections += 1;
  });
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(options.port ?? 0, "127.0.0.1", resolve);
  await listening;
  const { port } = server.address() as AddressInfo;

  const stop = async (): Promise<void> => {
    if (stopped.signal.aborted) return;
    stopped.abort();
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    get modelsRequests() {
      return counts.models;
    },
    get activeRequests() {
      return counts.active;
    },
    get connections() {
      return counts.connections;
    },
    enqueue(...script) {
      queue.push(script);
    },
    byModel(model, ...scripts) {
      scriptsByModel.set(model, [...scripts]);
    },
    setDefault(script) {
      defaultScript = script;
    },
    byPath(path, script) {
      scriptsByPath.set(path, script);
    },
    setModels(names) {
      models = names;
    },
    setModelsScript(script) {
      modelsScript = script;
    },
    waitForRequest: (n, timeoutMs = 10_000) =>
      waitFor(() => requests[n - 1], {
        what: `request ${n} (${requests.length} so far)`,
        timeoutMs,
        everyMs: 2,
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Where servers count tokens and tell their settings. */
const besideChat =
  /^(\/v1\/chat\/completions\/input_tokens|\/tokenize|\/apply-template|\/props|\/version)(\?|$)/;
const absent = errorAnswer(404, { message: "Not Found" });

function write(source: ScriptSource, request: RecordedRequest): Script {
  return typeof source === "function" ? source(request) : source;
}
