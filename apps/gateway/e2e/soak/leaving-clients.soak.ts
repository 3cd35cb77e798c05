import { contentChunk, describeWith, hang, roleChunk, text, waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { ask, startBehindEnvoy } from "../envoy/behind-envoy.ts";
import { ClientStream } from "../envoy/client-stream.ts";
import { readMetrics } from "../envoy/read-metrics.ts";
import { post } from "../post.ts";
import { scale } from "./scale.ts";

const rounds = 20 * scale;
const clients = 200;

describeWith("envoy", `${rounds} rounds of ${clients} clients that leave`, () => {
  test("leave nothing behind: no call of a backend, no response in flight, no open stream", async () => {
    await using behind = await startBehindEnvoy({ log: { level: "warn" } }, { journal: false });
    const envoy = await behind.openEnvoy();
    for (let round = 0; round < rounds; round++) {
      behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
      const controller = new AbortController();
      const leaving = Array.from({ length: clients }, async (_, n) => {
        const init = { signal: controller.signal };
        // Some leave in their stream, some before a plain answer.
        if (n % 2) await (await ClientStream.open(envoy.url(), ask, init)).untilText();
        else void post(envoy.url(), ask, init).catch(() => {});
      });
      await Promise.all(leaving);
      await waitFor(() => behind.backend.activeRequests === clients, { what: "all calls to run" });
      controller.abort();
      await waitFor(() => behind.backend.activeRequests === 0, { what: "all calls to end" });
    }
    const metrics = await waitFor(
      async () => {
        const reading = await readMetrics(behind.gateway);
        return reading.value("gateway_responses_in_flight") === 0 ? reading : undefined;
      },
      { what: "no response to be in flight" },
    );
    expect(metrics.value("extproc_streams_total", { reason: "canceled" })).toBe(rounds * clients);
    expect(metrics.sum("extproc_stream_errors_total")).toBe(0);
    expect(await envoy.stats("cluster.gateway_extproc.upstream_rq_active")).toMatchObject({
      "cluster.gateway_extproc.upstream_rq_active": 0,
    });
    behind.backend.setDefault(text("fine"));
    expect((await post(envoy.url(), ask)).status).toBe(200);
  });
});
