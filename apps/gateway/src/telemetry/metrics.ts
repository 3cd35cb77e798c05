import type { ExtProcObserver } from "@gateway/extproc";
import type { Instruments } from "./instruments.ts";
import { limitLabel } from "./label-limit.ts";

/** Where the process tells what happened, one method a fact, and the Prometheus text of it all. Recording never throws. */
export interface Metrics {
  /** An HTTP request is answered to its last byte. `route` is the pattern it matched, never its raw path. */
  httpRequest(method: string, route: string, status: number, seconds: number): void;
  /** A response has ended. `errorCode` is set when it failed. */
  modelRequest(model: string, seconds: number, errorCode?: string): void;
  /** Tokens of a response, as the backend counted them. */
  tokens(model: string, input: number, output: number): void;
  /** Seconds from the start of a response to its first token. */
  timeToFirstToken(model: string, seconds: number): void;
  /** Mean seconds for each output token after the first. */
  timePerOutputToken(model: string, seconds: number): void;
  /** An MCP server was asked (`tools/list`, `tools/call`). `errorType` is set where that failed. */
  mcpOperation(method: string, seconds: number, errorType?: string): void;
  /** A response has begun (1) or ended (-1). */
  inFlight(change: 1 | -1): void;
  /** A WebSocket was opened (1) or is closed (-1). */
  openSockets(change: 1 | -1): void;
  /** What happens on Envoy's streams. */
  readonly extproc: ExtProcObserver;
  /** Loads the metrics library, if that was not done yet. */
  load(): Promise<void>;
  /** All metrics in Prometheus's text format (0.0.4). */
  render(): Promise<string>;
}

/** Distinct models that get series of their own. */
const modelLimit = 100;

/** Distinct error codes; backends may bring their own. */
const errorCodeLimit = 50;

/** RFC 9110 and RFC 5789; anything else a client sends as a method is one label (OpenTelemetry's `_OTHER`). */
const methods = new Set([
  ...["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"],
  // No method: a turn on a WebSocket.
  "WEBSOCKET",
]);

/**
 * Creates the metrics of one process. OpenTelemetry takes a fifth of a second to load, which a process that has
 * not yet answered anything can use better: until {@link Metrics.load} has run, facts wait in a list.
 *
 * @param enabled false: nothing is loaded or kept, as nobody will read it
 */
export function createMetrics(enabled = true): Metrics {
  const modelLabel = limitLabel(modelLimit);
  const errorLabel = limitLabel(errorCodeLimit);
  let responsesInFlight = 0;
  let webSocketsOpen = 0;
  let instruments: Instruments | undefined;
  let waiting: ((instruments: Instruments) => void)[] = [];
  let loading: Promise<Instruments> | undefined;

  const record = (fact: (instruments: Instruments) => void): void => {
    if (instruments) fact(instruments);
    else if (enabled) waiting.push(fact);
  };
  const load = async (): Promise<Instruments> => {
    const { createInstruments } = await import("./instruments.ts");
    instruments = createInstruments({
      responsesInFlight: () => responsesInFlight,
      webSocketsOpen: () => webSocketsOpen,
    });
    for (const fact of waiting) fact(instruments);
    waiting = [];
    return instruments;
  };
  const loaded = () => (loading ??= load());

  return {
    httpRequest(method, route, status, seconds) {
      const verb = methods.has(method) ? method : "_OTHER";
      record(({ httpRequests, httpDuration }) => {
        httpRequests.add(1, { method: verb, route, status });
        httpDuration.record(seconds, {
          "http.request.method": verb,
          "http.route": route,
          "http.response.status_code": status,
        });
      });
    },
    modelRequest(model, seconds, errorCode) {
      const attributes = ofModel(modelLabel(model));
      record(({ requestDuration }) =>
        requestDuration.record(
          seconds,
          errorCode === undefined ? attributes : { ...attributes, "error.type": errorLabel(errorCode) },
        ),
      );
    },
    tokens(model, input, output) {
      const attributes = ofModel(modelLabel(model));
      record(({ tokenUsage }) => {
        tokenUsage.record(input, { ...attributes, "gen_ai.token.type": "input" });
        tokenUsage.record(output, { ...attributes, "gen_ai.token.type": "output" });
      });
    },
    timeToFirstToken(model, seconds) {
      record(({ timeToFirstToken }) => timeToFirstToken.record(seconds, ofModel(modelLabel(model))));
    },
    timePerOutputToken(model, seconds) {
      record(({ timePerOutputToken }) => timePerOutputToken.record(seconds, ofModel(modelLabel(model))));
    },
    mcpOperation(method, seconds, errorType) {
      const attributes = {
        "mcp.method.name": method,
        ...(errorType !== undefined && { "error.type": errorType }),
      };
      record(({ mcpDuration }) => mcpDuration.record(seconds, attributes));
    },
    inFlight(change) {
      responsesInFlight += change;
    },
    openSockets(change) {
      webSocketsOpen += change;
    },
    extproc: {
      phase(requestType, status, seconds) {
        record(({ extprocRequests, extprocDuration }) => {
          extprocRequests.add(1, { request_type: requestType, status });
          extprocDuration.record(seconds, { request_type: requestType });
        });
      },
      streamError(errorType) {
        record(({ extprocErrors }) => extprocErrors.add(1, { error_type: errorType }));
      },
      streamClosed(reason) {
        record(({ extprocStreams }) => extprocStreams.add(1, { reason }));
      },
    },
    async load() {
      if (enabled) await loaded();
    },
    async render() {
      return enabled ? (await loaded()).render() : "";
    },
  };
}

/**
 * The attributes that OpenTelemetry's GenAI conventions ask of every model metric. The provider is the
 * family of the API that is spoken, which is what the convention wants of a server that cannot know more.
 */
function ofModel(model: string) {
  return { "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": model };
}
