import { describeWith, text } from "@gateway/testkit";
import { expect, test } from "vitest";
import { startBehindEnvoy } from "../envoy/behind-envoy.ts";
import { hammer, mixOfAnswers } from "../envoy/hammer.ts";
import { readMetrics } from "../envoy/read-metrics.ts";
import { scale } from "./scale.ts";

const MiB = 1024 * 1024;
/** After that many the heap has the size that it takes for its work. */
const warmUp = 60_000;
const count = 60_000 * scale;

describeWith("envoy", `${count} answers over one connection`, () => {
  test.each([
    { graceful: false, how: "although Envoy resets each stream that it is done with" },
    { graceful: true, how: "where Envoy closes its streams as the example has it" },
  ])("come whole, $how, and the gateway does not grow", async ({ graceful }) => {
    await using behind = await startBehindEnvoy({ log: { level: "warn" } }, { journal: false });
    behind.backend.setDefault(text("fine"));
    const envoy = await behind.openEnvoy({
      runtime: { "envoy.reloadable_features.ext_proc_graceful_grpc_close": graceful },
    });
    const memory = async () => (await readMetrics(behind.gateway)).value("process_resident_memory_bytes");
    const first = mixOfAnswers(warmUp);
    expect(await hammer(envoy.url(), 32, first.next)).toEqual(first.expected);
    const before = await memory();
    const rest = mixOfAnswers(count);
    expect(await hammer(envoy.url(), 32, rest.next)).toEqual(rest.expected);
    expect((await memory()) - before).toBeLessThan(96 * MiB);
    expect(await envoy.stats("cluster.gateway_extproc.upstream_cx_total")).toEqual({
      "cluster.gateway_extproc.upstream_cx_total": 1,
    });
    const metrics = await readMetrics(behind.gateway);
    expect(metrics.value("extproc_streams_total", { reason: "answered" })).toBe(warmUp + count);
    expect(metrics.sum("extproc_stream_errors_total")).toBe(0);
    expect(metrics.value("gateway_responses_in_flight")).toBe(0);
  });
});
