import {
  contentChunk,
  describeWith,
  done,
  type Envoy,
  finishChunk,
  gate,
  hang,
  roleChunk,
  startGateway,
  tempDir,
  text,
  waitFor,
} from "@gateway/testkit";
import { expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
import { ClientStream } from "./client-stream.ts";
import {
  healthChecks,
  http2WithPings,
  renderVariant,
  requestBodies,
  toHttpListener,
} from "./render-variant.ts";

const unavailable = { type: "server_error", param: null, code: "gateway_unavailable" };

/** The failure of Envoy's that a client sees where there is no gateway to answer. */
async function expectUnavailable(answer: Promise<Response>): Promise<void> {
  const response = await answer;
  expect([response.status, response.headers.get("content-type")]).toEqual([503, "application/json"]);
  expect(response.headers.get("retry-after")).toBe("1");
  expect(await errorOf(response)).toMatchObject(unavailable);
}

describeWith("envoy", "a processor that is killed", () => {
  test("takes its streams with it: bodies are cut, not left hanging, and what follows is a 503", async () => {
    await using behind = await startBehindEnvoy();
    const [envoy, buffered] = await Promise.all([
      behind.openEnvoy(),
      behind.openEnvoy({ filter: { processing_mode: requestBodies("BUFFERED") } }),
    ]);
    behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    // Neither of these two has seen a byte of its answer.
    const waiting = [post(envoy.url(), ask), post(buffered.url(), ask)];
    await behind.backend.waitForRequest(3);

    behind.gateway.kill("SIGKILL");
    await expect(stream.rest()).rejects.toThrow(/terminated|aborted/);
    for (const answer of waiting) await expectUnavailable(answer);
    await expectUnavailable(post(envoy.url(), ask));
    await expectUnavailable(post(buffered.url(), ask));
  });
});

describeWith("envoy", "a processor that is started anew", () => {
  test("is found again where it was, and knows what it had stored", async () => {
    using dir = tempDir("gateway-again-");
    const store = { path: dir.join("gateway.db") };
    await using behind = await startBehindEnvoy({ store });
    const envoy = await behind.openEnvoy({ processors: { health_checks: healthChecks("0.1s") } });
    behind.backend.setDefault(text("fine"));
    const first = (await (await post(envoy.url(), ask)).json()) as { id: string };
    behind.gateway.kill("SIGKILL");
    await behind.gateway.exited;
    await expectUnavailable(post(envoy.url(), ask));

    const { http, extproc } = behind.gateway;
    await using again = await startGateway({
      config: { store, backends: { scripted: { url: behind.backend.url } } },
      args: ["--http-listen", http.replace("http://", ""), "--extproc-listen", extproc],
    });
    expect(again.extproc).toBe(extproc);
    await waitFor(
      async () => (await post(envoy.url(), { ...ask, previous_response_id: first.id })).status === 200,
      { what: "Envoy to find it" },
    );
    expect(behind.backend.requests.at(-1)?.body.messages).toHaveLength(3);
  });
});

describeWith("envoy", "a processor that is frozen", () => {
  test("is noticed by its pings: its streams end, and once it wakes up all is well again", async () => {
    await using behind = await startBehindEnvoy();
    const envoy = await behind.openEnvoy({
      processors: {
        typed_extension_protocol_options: http2WithPings("0.1s", "1.5s"),
        health_checks: healthChecks("0.1s"),
      },
    });
    behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    const waiting = post(envoy.url(), ask);
    const [streamed, plain] = [
      await behind.backend.waitForRequest(1),
      await behind.backend.waitForRequest(2),
    ];

    behind.gateway.kill("SIGSTOP");
    try {
      await expect(stream.rest()).rejects.toThrow(/terminated|aborted/);
      await expectUnavailable(waiting);
      await expectUnavailable(post(envoy.url(), ask));
      expect(await envoy.stats("cluster.gateway_extproc.http2.keepalive_timeout")).not.toEqual({
        "cluster.gateway_extproc.http2.keepalive_timeout": 0,
      });
    } finally {
      behind.gateway.kill("SIGCONT");
    }
    // Awake, the gateway learns that its clients are gone, and lets the backend go.
    await Promise.all([streamed.whenAborted, plain.whenAborted]);
    behind.backend.setDefault(text("fine"));
    await waitFor(async () => (await post(envoy.url(), ask)).status === 200, {
      what: "Envoy to trust it again",
    });
  });
});

describeWith("envoy", "a processor that is busy", () => {
  test("still answers its pings", { timeout: 60_000 }, async () => {
    await using behind = await startBehindEnvoy();
    const envoy = await behind.openEnvoy({
      processors: { typed_extension_protocol_options: http2WithPings("0.02s", "5s") },
    });
    const rest = gate();
    behind.backend.enqueue(roleChunk(), contentChunk("one"), rest, finishChunk("stop"), done());
    behind.backend.setDefault(text("fine"));
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    const large = { ...ask, input: "x".repeat(4 * 1024 * 1024) };
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async () => (await post(envoy.url(), large)).status),
    );
    expect(statuses).toEqual(statuses.map(() => 200));
    rest.open();
    expect((await stream.rest()).at(-1)).toBe("[DONE]");
    expect(await envoy.stats("cluster.gateway_extproc.")).toMatchObject({
      "cluster.gateway_extproc.upstream_cx_total": 1,
      "cluster.gateway_extproc.http2.keepalive_timeout": 0,
    });
  });
});

describeWith("envoy", "a processor that was never there", () => {
  /** Port 1 is reserved, and nothing is ever bound to it. */
  const nowhere = "127.0.0.1:1";
  const withoutProcessor = async (behind: Awaited<ReturnType<typeof startBehindEnvoy>>): Promise<Envoy[]> => {
    const listeners = { http: behind.gateway.http, extproc: nowhere };
    const open = (filter: object) =>
      behind.startEnvoy(
        renderVariant([listeners], {
          filter: { ...filter },
          route: toHttpListener,
          processors: { health_checks: undefined },
        }),
      );
    return Promise.all([
      open({ processing_mode: requestBodies("BUFFERED"), failure_mode_allow: true }),
      open({ processing_mode: requestBodies("BUFFERED") }),
      open({}),
    ]);
  };

  test("leaves requests to the HTTP listener only where the filter is BUFFERED and may fail open", async () => {
    await using behind = await startBehindEnvoy();
    behind.backend.setDefault(text("fine"));
    const [open, buffered, fullDuplex] = await withoutProcessor(behind);
    if (!open || !buffered || !fullDuplex) throw new Error("three Envoys were asked for");
    const response = await post(open.url(), ask);
    expect([response.status, await response.json()]).toMatchObject([200, { status: "completed" }]);
    await expectUnavailable(post(buffered.url(), ask));
    await expectUnavailable(post(fullDuplex.url(), ask));
    expect(behind.backend.requests).toHaveLength(1);
  });
});

describeWith("envoy", "silence for longer than stream_idle_timeout", () => {
  test("is a 504 for a plain answer, the backend being let go, and none for a stream that is kept alive", async () => {
    await using behind = await startBehindEnvoy({ requests: { heartbeat: "50ms" } });
    const envoy = await behind.openEnvoy({ manager: { stream_idle_timeout: "1s" } });
    const rest = gate();
    behind.backend.enqueue(roleChunk(), contentChunk("one"), rest, finishChunk("stop"), done());
    behind.backend.setDefault([roleChunk(), hang()]);
    const stream = await ClientStream.open(envoy.url(), ask);
    await stream.untilText();
    const response = await post(envoy.url(), ask);
    expect(response.status).toBe(504);
    expect(await errorOf(response)).toMatchObject({ type: "server_error", code: "gateway_timeout" });
    await (await behind.backend.waitForRequest(2)).whenAborted;
    // The stream was silent for at least as long, but for its comments.
    rest.open();
    expect((await stream.rest()).at(-1)).toBe("[DONE]");
  });
});
