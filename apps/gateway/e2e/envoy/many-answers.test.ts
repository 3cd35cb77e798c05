import { describeWith, text } from "@gateway/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BehindEnvoy, startBehindEnvoy } from "./behind-envoy.ts";
import { hammer, mixOfAnswers } from "./hammer.ts";

describeWith("envoy", "answers over the one connection that Envoy keeps", () => {
  let behind: BehindEnvoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy({ log: { level: "warn" } });
    behind.backend.setDefault(text("fine"));
  });
  afterAll(() => behind[Symbol.asyncDispose]());

  test.each([
    { count: 4_000, graceful: false, how: "although Envoy resets each stream that it is done with" },
    { count: 4_000, graceful: true, how: "where Envoy closes its streams as the example has it" },
  ])("$count of them come whole, $how", { timeout: 120_000 }, async ({ count, graceful }) => {
    const envoy = await behind.openEnvoy({
      runtime: { "envoy.reloadable_features.ext_proc_graceful_grpc_close": graceful },
    });
    const { next, expected } = mixOfAnswers(count);
    expect(await hammer(envoy.url(), 32, next)).toEqual(expected);
    expect(await envoy.stats("http.gateway.ext_proc.streams_")).toMatchObject({
      "http.gateway.ext_proc.streams_started": count,
      "http.gateway.ext_proc.streams_failed": 0,
    });
    // One for all: it was never closed and opened again.
    expect(await envoy.stats("cluster.gateway_extproc.upstream_cx_")).toMatchObject({
      "cluster.gateway_extproc.upstream_cx_total": 1,
      "cluster.gateway_extproc.upstream_cx_destroy": 0,
    });
  });
});
