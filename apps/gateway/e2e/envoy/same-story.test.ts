import {
  contentChunk,
  describeWith,
  type Envoy,
  hang,
  roleChunk,
  startEnvoy,
  text,
  waitFor,
} from "@gateway/testkit";
import { expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, startBehindEnvoy } from "./behind-envoy.ts";
import { ClientStream } from "./client-stream.ts";
import { type Reading, readMetrics } from "./read-metrics.ts";
import { renderVariant, requestBodies } from "./render-variant.ts";

/** Envoy's counters of the filter, by their last name. */
async function filterStats(envoy: Envoy): Promise<Record<string, number>> {
  const prefix = "http.gateway.ext_proc.";
  const stats = await envoy.stats(prefix);
  return Object.fromEntries(Object.entries(stats).map(([name, value]) => [name.slice(prefix.length), value]));
}

const streams = (metrics: Reading, reason: string) => metrics.value("extproc_streams_total", { reason });
const parts = (metrics: Reading, request_type: string, status: string) =>
  metrics.value("extproc_requests_total", { request_type, status });

describeWith("envoy", "the counters of Envoy and of the gateway (S2-33, S1-70..72)", () => {
  test("tell the same story", async () => {
    await using behind = await startBehindEnvoy();
    const envoy = await behind.openEnvoy();
    behind.backend.setDefault(text("fine"));
    for (let n = 0; n < 3; n++) await (await post(envoy.url(), ask)).text();
    for (let n = 0; n < 4; n++) await (await ClientStream.open(envoy.url(), ask)).rest();
    for (const refused of ["{", { input: "no model" }]) await (await post(envoy.url(), refused)).text();
    // Complete with its headers: this one has no part RequestBody.
    await (await post(envoy.url(), "")).text();
    // By way of the other listener: none of the filter's business.
    await (await fetch(`${envoy.url()}/v1/models`)).text();

    behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const controller = new AbortController();
    const left = await ClientStream.open(envoy.url(), ask, { signal: controller.signal });
    await left.untilText();
    controller.abort();
    const metrics = await waitFor(
      async () => {
        const reading = await readMetrics(behind.gateway);
        return streams(reading, "canceled") === 1 ? reading : undefined;
      },
      { what: "the last stream to end" },
    );

    expect(await filterStats(envoy)).toMatchObject({
      streams_started: 11,
      streams_failed: 0,
      immediate_responses_sent: 6,
      spurious_msgs_received: 0,
      message_timeouts: 0,
      failure_mode_allowed: 0,
      rejected_header_mutations: 0,
    });
    expect(metrics.sum("extproc_streams_total")).toBe(11);
    expect(streams(metrics, "answered")).toBe(10);
    expect(parts(metrics, "RequestHeaders", "success")).toBe(11);
    // Every message that Envoy sent was a part that was processed, and was timed.
    const { stream_msgs_sent } = await filterStats(envoy);
    expect(metrics.sum("extproc_requests_total")).toBe(stream_msgs_sent);
    expect(metrics.sum("extproc_requests_total", { status: "error" })).toBe(0);
    expect(metrics.sum("extproc_processing_duration_seconds_count")).toBe(stream_msgs_sent);
    expect(metrics.sum("extproc_stream_errors_total")).toBe(0);
  });

  test("tell of a wrong set-up as an error of the part that shows it", async () => {
    await using behind = await startBehindEnvoy();
    const envoy = await behind.openEnvoy({ filter: { processing_mode: requestBodies("NONE") } });
    await (await post(envoy.url(), ask)).text();
    const metrics = await readMetrics(behind.gateway);
    expect(parts(metrics, "RequestHeaders", "error")).toBe(1);
    expect(streams(metrics, "answered")).toBe(1);
    expect(await filterStats(envoy)).toMatchObject({ streams_started: 1, immediate_responses_sent: 1 });
  });

  test("tell of an Envoy that is gone as of streams that failed, and the log says why (S1-66)", async () => {
    await using behind = await startBehindEnvoy();
    behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const envoy = await startEnvoy({ config: renderVariant([behind.gateway]) });
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    const ended = expect(stream.rest()).rejects.toThrow(/terminated|aborted/);
    process.kill(envoy.pid, "SIGKILL");
    await expect(envoy.stop()).rejects.toThrow("SIGKILL");
    await ended;
    await (await behind.backend.waitForRequest(1)).whenAborted;
    const metrics = await waitFor(
      async () => {
        const reading = await readMetrics(behind.gateway);
        return streams(reading, "error") === 1 ? reading : undefined;
      },
      { what: "the stream to end" },
    );
    expect(metrics.value("extproc_stream_errors_total", { error_type: "Unavailable" })).toBe(1);
    const lines = await behind.gateway.settledLogs();
    expect(lines.filter(({ error_type }) => error_type !== undefined)).toMatchObject([
      {
        level: "error",
        error_type: "Unavailable",
        err: { message: expect.stringContaining("connection was lost") },
      },
    ]);
  });
});
