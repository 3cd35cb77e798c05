import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Counter, Histogram } from "@opentelemetry/api";
import { PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { AggregationTemporality, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";

/** What is measured, and its text. */
export interface Instruments {
  httpRequests: Counter;
  httpDuration: Histogram;
  requestDuration: Histogram;
  tokenUsage: Histogram;
  timeToFirstToken: Histogram;
  timePerOutputToken: Histogram;
  mcpDuration: Histogram;
  extprocRequests: Counter;
  extprocDuration: Histogram;
  extprocErrors: Counter;
  extprocStreams: Counter;
  /** All of it in Prometheus's text format. */
  render(): Promise<string>;
}

/** Is read on demand only: no push, no server of its own. */
class OnDemandReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: () => AggregationTemporality.CUMULATIVE });
  }
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

// Buckets as the OpenTelemetry conventions for HTTP and for generative AI give them, in seconds or tokens.
const httpSeconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const requestSeconds = Array.from({ length: 14 }, (_, i) => (2 ** i * 10) / 1000);
const firstTokenSeconds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
const perTokenSeconds = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5];
const tokenCounts = Array.from({ length: 14 }, (_, i) => 4 ** i);
const mcpSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const extprocSeconds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];

/** What is not counted but read, whenever the text is made. */
export interface Levels {
  responsesInFlight(): number;
  webSocketsOpen(): number;
}

/**
 * Creates the instruments. Their names are OpenTelemetry's and those of Envoy's external processors; in the
 * text dots become underscores.
 */
export function createInstruments({ responsesInFlight, webSocketsOpen }: Levels): Instruments {
  const reader = new OnDemandReader();
  const meter = new MeterProvider({ readers: [reader] }).getMeter("gateway");
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const counter = (name: string, description: string) => meter.createCounter(name, { description });
  const histogram = (name: string, description: string, unit: string, buckets: number[]) =>
    meter.createHistogram(name, { description, unit, advice: { explicitBucketBoundaries: buckets } });
  const gauge = (name: string, description: string, read: () => number) =>
    meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()));

  gauge("gateway_responses_in_flight", "Responses that have begun and not ended.", responsesInFlight);
  gauge("gateway_websockets_open", "WebSockets that are open.", webSocketsOpen);
  gauge("process_resident_memory_bytes", "Resident memory.", () => process.memoryUsage.rss());
  const resolution = 20;
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  gauge(
    "nodejs_eventloop_delay_p99_seconds",
    "Event loop delay since the last reading, 99th percentile.",
    () => {
      // What is sampled is the time between two ticks of a timer: its period is no delay.
      const milliseconds = delay.percentile(99) / 1e6 - resolution;
      delay.reset();
      return Math.max(0, milliseconds / 1000);
    },
  );
  meter
    .createObservableCounter("process_cpu_seconds_total", { description: "CPU time used, user and system." })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe((user + system) / 1e6);
    });

  return {
    httpRequests: counter("http_requests_total", "HTTP requests by route pattern, through both listeners."),
    httpDuration: histogram(
      "http.server.request.duration",
      "Time to the last byte of the answer.",
      "s",
      httpSeconds,
    ),
    requestDuration: histogram(
      "gen_ai.server.request.duration",
      "Duration of a response.",
      "s",
      requestSeconds,
    ),
    tokenUsage: histogram("gen_ai.client.token.usage", "Tokens of a response.", "{token}", tokenCounts),
    timeToFirstToken: histogram(
      "gen_ai.server.time_to_first_token",
      "Time to the first token of a response.",
      "s",
      firstTokenSeconds,
    ),
    timePerOutputToken: histogram(
      "gen_ai.server.time_per_output_token",
      "Time for each output token after the first.",
      "s",
      perTokenSeconds,
    ),
    mcpDuration: histogram(
      "mcp.client.operation.duration",
      "Time that MCP servers took to list or to run their tools.",
      "s",
      mcpSeconds,
    ),
    extprocRequests: counter("extproc_requests_total", "Parts of Envoy exchanges that were processed."),
    extprocDuration: histogram(
      "extproc_processing_duration_seconds",
      "Time to process a part of an Envoy exchange.",
      "s",
      extprocSeconds,
    ),
    extprocErrors: counter("extproc_stream_errors_total", "Envoy streams that failed, by gRPC code."),
    extprocStreams: counter("extproc_streams_total", "Envoy streams that ended, by reason."),
    async render() {
      const { resourceMetrics } = await reader.collect();
      return serializer.serialize(resourceMetrics);
    },
  };
}
