import { createHash } from "node:crypto";
import {
  collectSse,
  contentChunk,
  describeWith,
  done,
  finishChunk,
  gate,
  roleChunk,
  text,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { checkFrames } from "../read-stream.ts";
import { ask, type BehindEnvoy, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
import { requestBodies, toHttpListener } from "./render-variant.ts";

describeWith("envoy", "what a mode of the filter cannot do", () => {
  let behind: BehindEnvoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.backend.setDefault(text("fine")));

  describe("BUFFERED", () => {
    const buffered = { processing_mode: requestBodies("BUFFERED") };

    test("has Envoy refuse what is over its buffer, in OpenAI's words", async () => {
      const envoy = await behind.openEnvoy({
        listener: { per_connection_buffer_limit_bytes: 64 * 1024 },
        filter: buffered,
      });
      const response = await post(envoy.url(), { ...ask, input: "x".repeat(256 * 1024) });
      expect(response.status).toBe(413);
      expect(await errorOf(response)).toMatchObject({ type: "invalid_request_error" });
    });

    test("has Envoy give up after message_timeout, in OpenAI's words, and the backend is let go", async () => {
      const envoy = await behind.openEnvoy({ filter: { ...buffered, message_timeout: "0.2s" } });
      const asked = behind.backend.requests.length;
      behind.backend.setDefault([roleChunk(), gate()]);
      const response = await post(envoy.url(), ask);
      expect(response.status).toBe(504);
      expect(await errorOf(response)).toMatchObject({ type: "server_error", code: "gateway_timeout" });
      await (await behind.backend.waitForRequest(asked + 1)).whenAborted;
    });
  });

  test.each([false, true])(
    "in FULL_DUPLEX_STREAMED message_timeout ends nothing, be the answer streamed (%s)",
    async (stream) => {
      const message_timeout = "0.2s";
      const [fullDuplex, buffered] = await Promise.all([
        behind.openEnvoy({ filter: { message_timeout } }),
        behind.openEnvoy({ filter: { message_timeout, processing_mode: requestBodies("BUFFERED") } }),
      ]);
      const rest = gate();
      behind.backend.setDefault([roleChunk(), rest, contentChunk("late"), finishChunk("stop"), done()]);
      const answer = post(fullDuplex.url(), { ...ask, stream });
      await rest.reached;
      // A later request runs into its time-out where there is one, so the time of the first has passed as well.
      expect((await post(buffered.url(), ask)).status).toBe(504);
      rest.open();
      const response = await answer;
      expect(response.status).toBe(200);
      expect(await response.text()).toContain("late");
    },
  );

  test("without headers nobody can show a key: where keys are asked for, that is a 401 (decision 3)", async () => {
    const hash = `sha256:${createHash("sha256").update("sk-alice").digest("hex")}`;
    await using guarded = await startBehindEnvoy({ auth: { keys: [{ id: "alice", hash }] } });
    guarded.backend.setDefault(text("fine"));
    const [blind, seeing] = await Promise.all([
      guarded.openEnvoy({
        filter: { processing_mode: requestBodies("BUFFERED", { request_header_mode: "SKIP" }) },
        route: toHttpListener,
      }),
      guarded.openEnvoy({ filter: { processing_mode: requestBodies("BUFFERED") } }),
    ]);
    const init = { headers: { authorization: "Bearer sk-alice" } };
    const refused = await post(blind.url(), ask, init);
    expect([refused.status, await errorOf(refused)]).toMatchObject([401, { code: "invalid_api_key" }]);
    expect(guarded.backend.requests).toHaveLength(0);
    expect((await post(seeing.url(), ask, init)).status).toBe(200);
  });

  test("NONE is told as the fault of the set-up that it is", async () => {
    const envoy = await behind.openEnvoy({ filter: { processing_mode: requestBodies("NONE") } });
    const response = await post(envoy.url(), ask);
    expect(response.status).toBe(500);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: "server_error", code: "request_body_not_sent" });
    expect(error.message).toContain("FULL_DUPLEX_STREAMED");
  });

  test("observability_mode leaves the answer to the HTTP listener, and the backend is asked once", async () => {
    const envoy = await behind.openEnvoy({
      filter: {
        processing_mode: requestBodies("STREAMED", {
          response_header_mode: "SEND",
          response_body_mode: "STREAMED",
        }),
        observability_mode: true,
      },
      route: toHttpListener,
    });
    const asked = behind.backend.requests.length;
    const response = await post(envoy.url(), { ...ask, stream: true });
    const { final } = await checkFrames(await collectSse(response));
    expect(final.status).toBe("completed");
    expect(behind.backend.requests.length).toBe(asked + 1);
  });
});
