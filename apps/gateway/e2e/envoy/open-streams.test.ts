import { contentChunk, describeWith, done, finishChunk, gate, roleChunk } from "@gateway/testkit";
import { expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
import { ClientStream } from "./client-stream.ts";
import { http2WithPings } from "./render-variant.ts";

const count = 1000;

describeWith("envoy", `${count} streams at once`, () => {
  test("are open side by side over one connection, and all end whole (S1-56)", {
    timeout: 90_000,
  }, async () => {
    await using behind = await startBehindEnvoy({
      requests: { max_concurrent: count, heartbeat: "500ms" },
      log: { level: "warn" },
    });
    const envoy = await behind.openEnvoy({
      processors: { typed_extension_protocol_options: http2WithPings("0.1s", "10s") },
    });
    const rest = gate();
    behind.backend.setDefault([
      roleChunk(),
      contentChunk("one"),
      rest,
      contentChunk(" two"),
      finishChunk("stop"),
      done(),
    ]);
    const streams = await Promise.all(
      Array.from({ length: count }, () => ClientStream.open(envoy.url(), ask)),
    );
    await Promise.all(streams.map((stream) => stream.untilText()));
    expect(behind.backend.activeRequests).toBe(count);

    // One more is shed by the gateway, not by a limit of Envoy's.
    const refused = await post(envoy.url(), ask);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await errorOf(refused)).toMatchObject({ type: "server_error", code: "server_is_overloaded" });
    // Those that wait are kept alive meanwhile.
    await Promise.all(streams.map((stream) => stream.until(": ping")));

    rest.open();
    const ends = await Promise.all(streams.map(async (stream) => (await stream.rest()).slice(-2).join()));
    expect(ends.filter((end) => end !== "response.completed,[DONE]")).toEqual([]);
    expect(await envoy.stats("cluster.gateway_extproc.")).toMatchObject({
      "cluster.gateway_extproc.upstream_cx_total": 1,
      "cluster.gateway_extproc.upstream_cx_destroy": 0,
      "cluster.gateway_extproc.http2.keepalive_timeout": 0,
    });
  });
});
