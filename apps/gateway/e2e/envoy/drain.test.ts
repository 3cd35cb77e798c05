import {
  contentChunk,
  describeWith,
  done,
  finishChunk,
  gate,
  roleChunk,
  startEnvoy,
  startGateway,
  startScriptedBackend,
  text,
  waitFor,
} from "@gateway/testkit";
import { expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, startBehindEnvoy } from "./behind-envoy.ts";
import { ClientStream } from "./client-stream.ts";
import { hammer } from "./hammer.ts";
import { healthChecks, renderVariant, toHttpListener, withoutFilter } from "./render-variant.ts";

describeWith("envoy", "one of two gateways that is asked to end", () => {
  test("hurts nobody: requests go to the other one, and its own streams end whole", {
    timeout: 60_000,
  }, async () => {
    await using backend = await startScriptedBackend();
    const config = {
      backends: { scripted: { url: backend.url } },
      // Well above what Envoy takes to act: the interval of its checks, and the second in which it gathers changes.
      shutdown: { drain_delay: "3s", grace: "20s" },
      log: { level: "warn" },
    };
    await using staying = await startGateway({ config });
    await using leaving = await startGateway({ config });
    await using envoy = await startEnvoy({
      config: renderVariant([staying, leaving], { processors: { health_checks: healthChecks("0.1s") } }),
    });
    const stat = async (name: string) =>
      (await envoy.stats(`cluster.gateway_extproc.${name}`))[`cluster.gateway_extproc.${name}`];
    await waitFor(async () => (await stat("membership_healthy")) === 2, { what: "Envoy to trust both" });

    // Round robin: of two streams each gateway has one.
    const rests = [gate(), gate()];
    const streams = await Promise.all(
      rests.map((rest) => {
        backend.enqueue(
          roleChunk(),
          contentChunk("one"),
          rest,
          contentChunk(" two"),
          finishChunk("stop"),
          done(),
        );
        return ClientStream.open(envoy.url(), ask);
      }),
    );
    await Promise.all(streams.map((stream) => stream.untilText()));

    backend.setDefault(text("fine"));
    let running = true;
    let count = 0;
    const outcomes = hammer(envoy.url(), 8, () =>
      running ? { ...ask, stream: count++ % 2 === 0 } : undefined,
    );
    const more = async (what: string, requests = 50) => {
      const enough = count + requests;
      await waitFor(() => count >= enough, { what, timeoutMs: 30_000 });
    };
    await more("both to be at work");

    leaving.kill("SIGTERM");
    await waitFor(async () => (await stat("membership_healthy")) === 1, { what: "Envoy to notice" });
    await more("Envoy to use one gateway alone");
    for (const rest of rests) rest.open();
    const ends = await Promise.all(streams.map(async (stream) => (await stream.rest()).slice(-2)));
    expect(ends).toEqual(streams.map(() => ["response.completed", "[DONE]"]));
    expect(await leaving.exited).toMatchObject({ code: 0 });
    await more("requests after the end of it");
    running = false;
    expect(Object.keys(await outcomes).sort()).toEqual(["200", "200 [DONE]"]);
    expect(await stat("upstream_cx_total")).toBeGreaterThanOrEqual(2);
  });

  test("says so at both doors, and goes on serving at both while balancers take it in", async () => {
    await using behind = await startBehindEnvoy({ shutdown: { drain_delay: "3s" } });
    behind.backend.setDefault(text("fine"));
    // This Envoy does not ask for health, so it does not leave.
    const envoy = await behind.openEnvoy();
    const { http } = behind.gateway;
    expect((await fetch(`${http}/health/ready`)).status).toBe(200);
    behind.gateway.kill("SIGTERM");
    await waitFor(async () => (await fetch(`${http}/health/ready`)).status === 503, {
      what: "the word that it is leaving",
    });
    expect((await fetch(`${http}/v1/models`)).status).toBe(200);
    expect((await post(envoy.url(), ask)).status).toBe(200);
    expect(await behind.gateway.exited).toMatchObject({ code: 0 });
  });

  test("does not wait for a connection that Envoy keeps once its last answer has ended", async () => {
    // Longer than this test may take; and Envoy, which asks for no health, closes an idle connection after a minute.
    await using behind = await startBehindEnvoy({ shutdown: { grace: "10m" } });
    const envoy = await behind.openEnvoy({ route: { ...toHttpListener, ...withoutFilter } });
    const rest = gate();
    behind.backend.setDefault([roleChunk(), contentChunk("one"), rest, finishChunk("stop"), done()]);
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    behind.gateway.kill("SIGTERM");
    await waitFor(async () => !(await reachable(behind.gateway.http)), {
      what: "the listener to stop accepting",
    });
    rest.open();
    expect((await stream.rest()).at(-1)).toBe("[DONE]");
    expect(await behind.gateway.exited).toMatchObject({ code: 0 });
  });
});

function reachable(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`).then(
    () => true,
    () => false,
  );
}
