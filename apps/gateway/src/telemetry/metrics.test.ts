import { describe, expect, test } from "vitest";
import { createMetrics, type Metrics } from "./metrics.ts";

/** The samples of a metric: `{ 'labels': value }`, labels as they stand in the text. */
async function samples(metrics: Metrics, name: string): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const line of (await metrics.render()).split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] === name) found[match[2] ?? ""] = Number(match[3]);
  }
  return found;
}

async function buckets(metrics: Metrics, name: string): Promise<string[]> {
  return Object.keys(await samples(metrics, `${name}_bucket`)).map(
    (labels) => /le="([^"]+)"/.exec(labels)?.[1] ?? "",
  );
}

describe("the metrics of Envoy's exchanges", () => {
  test("have the documented names, labels and buckets", async () => {
    const metrics = createMetrics();
    metrics.extproc.phase("RequestHeaders", "success", 0.0004);
    metrics.extproc.phase("RequestBody", "success", 0.03);
    metrics.extproc.phase("RequestBody", "error", 2);
    metrics.extproc.streamError("Unavailable");
    metrics.extproc.streamClosed("eof");
    expect(await samples(metrics, "extproc_requests_total")).toEqual({
      'request_type="RequestHeaders",status="success"': 1,
      'request_type="RequestBody",status="success"': 1,
      'request_type="RequestBody",status="error"': 1,
    });
    expect(await samples(metrics, "extproc_processing_duration_seconds_count")).toMatchObject({
      'request_type="RequestBody"': 2,
    });
    expect((await buckets(metrics, "extproc_processing_duration_seconds")).slice(0, 10)).toEqual([
      "0.001",
      "0.005",
      "0.01",
      "0.025",
      "0.05",
      "0.1",
      "0.25",
      "0.5",
      "1",
      "+Inf",
    ]);
    expect(await samples(metrics, "extproc_stream_errors_total")).toEqual({ 'error_type="Unavailable"': 1 });
    expect(await samples(metrics, "extproc_streams_total")).toEqual({ 'reason="eof"': 1 });
  });
});

describe("the metrics of models", () => {
  const model = (name: string) =>
    `gen_ai_operation_name="chat",gen_ai_provider_name="openai",gen_ai_request_model="${name}"`;

  test("follow the conventions for generative AI", async () => {
    const metrics = createMetrics();
    metrics.modelRequest("m", 3);
    metrics.modelRequest("m", 1, "upstream_timeout");
    metrics.tokens("m", 10, 200);
    metrics.timeToFirstToken("m", 0.05);
    metrics.timePerOutputToken("m", 0.02);
    expect(await samples(metrics, "gen_ai_server_request_duration_sum")).toEqual({
      [model("m")]: 3,
      [`${model("m")},error_type="upstream_timeout"`]: 1,
    });
    expect(await samples(metrics, "gen_ai_client_token_usage_sum")).toEqual({
      [`${model("m")},gen_ai_token_type="input"`]: 10,
      [`${model("m")},gen_ai_token_type="output"`]: 200,
    });
    expect(await buckets(metrics, "gen_ai_server_time_to_first_token")).toContain("0.06");
    expect(await samples(metrics, "gen_ai_server_time_per_output_token_count")).toEqual({ [model("m")]: 1 });
    const durations = await buckets(metrics, "gen_ai_server_request_duration");
    expect([durations[0], durations[13]]).toEqual(["0.01", "81.92"]);
    const tokens = await buckets(metrics, "gen_ai_client_token_usage");
    expect([tokens[0], tokens[1], tokens[13]]).toEqual(["1", "4", "67108864"]);
  });

  test("stay bounded, whatever model names clients invent", async () => {
    const metrics = createMetrics();
    for (let i = 0; i < 500; i++) metrics.timeToFirstToken(`model-${i}`, 1);
    const series = await samples(metrics, "gen_ai_server_time_to_first_token_count");
    expect(Object.keys(series)).toHaveLength(101);
    expect(series[model("other")]).toBe(400);
  });
});

describe("the metrics of HTTP", () => {
  test("count by route, method and status", async () => {
    const metrics = createMetrics();
    metrics.httpRequest("POST", "/v1/responses", 200, 0.1);
    metrics.httpRequest("POST", "/v1/responses", 200, 0.1);
    metrics.httpRequest("BREW", "/v1/responses/:id", 405, 0.1);
    expect(await samples(metrics, "http_requests_total")).toEqual({
      'method="POST",route="/v1/responses",status="200"': 2,
      'method="_OTHER",route="/v1/responses/:id",status="405"': 1,
    });
    expect(Object.keys(await samples(metrics, "http_server_request_duration_count"))).toContain(
      'http_request_method="POST",http_route="/v1/responses",http_response_status_code="200"',
    );
  });
});

test("what was recorded before the library was loaded is there afterwards", async () => {
  const metrics = createMetrics();
  metrics.extproc.streamClosed("answered");
  await metrics.load();
  metrics.extproc.streamClosed("answered");
  expect(await samples(metrics, "extproc_streams_total")).toEqual({ 'reason="answered"': 2 });
});

test("responses in flight are those that have begun and not ended", async () => {
  const metrics = createMetrics();
  metrics.inFlight(1);
  metrics.inFlight(1);
  metrics.inFlight(-1);
  expect(await samples(metrics, "gateway_responses_in_flight")).toEqual({ "": 1 });
});

test("WebSockets are counted while they are open", async () => {
  const metrics = createMetrics();
  expect(await samples(metrics, "gateway_websockets_open")).toEqual({ "": 0 });
  metrics.openSockets(1);
  metrics.openSockets(1);
  metrics.openSockets(-1);
  expect(await samples(metrics, "gateway_websockets_open")).toEqual({ "": 1 });
});

test("the process tells its memory, its CPU time and how late its event loop is", async () => {
  const metrics = createMetrics();
  expect((await samples(metrics, "process_resident_memory_bytes"))[""]).toBeGreaterThan(10_000_000);
  expect((await samples(metrics, "process_cpu_seconds_total"))[""]).toBeGreaterThan(0);
  expect((await samples(metrics, "nodejs_eventloop_delay_p99_seconds"))[""]).toBeGreaterThanOrEqual(0);
});

test("every metric is described", async () => {
  const metrics = createMetrics();
  metrics.httpRequest("GET", "/health", 200, 0.1);
  metrics.modelRequest("m", 1);
  metrics.extproc.streamClosed("eof");
  const text = await metrics.render();
  expect(text).toContain("# HELP gen_ai_server_request_duration ");
  expect(text).not.toContain("description missing");
});

test("metrics that are switched off keep nothing", async () => {
  const metrics = createMetrics(false);
  metrics.httpRequest("GET", "/", 200, 1);
  await metrics.load();
  expect(await metrics.render()).toBe("");
});
