import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import {
  collectSse,
  contentChunk,
  describeWith,
  done,
  type Envoy,
  finishChunk,
  gate,
  roleChunk,
  text,
  waitFor,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkFrames } from "../read-stream.ts";
import { ask, type BehindEnvoy, errorOf, post, startBehindEnvoy } from "./behind-envoy.ts";
import { type EnvoyChanges, requestBodies, toHttpListener } from "./render-variant.ts";

/** Ways to set up the filter other than the example's. In all of them a stream comes as one whole answer. */
const modes: { name: string; changes: EnvoyChanges; hidesHeaders?: true }[] = [
  { name: "BUFFERED", changes: { filter: { processing_mode: requestBodies("BUFFERED") } } },
  {
    name: "BUFFERED with the answer's body BUFFERED_PARTIAL (S2-25, S2-26)",
    changes: {
      filter: { processing_mode: requestBodies("BUFFERED", { response_body_mode: "BUFFERED_PARTIAL" }) },
    },
  },
  {
    name: "BUFFERED with all phases of the answer",
    changes: {
      filter: {
        processing_mode: requestBodies("BUFFERED", {
          response_header_mode: "SEND",
          response_body_mode: "BUFFERED",
          response_trailer_mode: "SEND",
        }),
      },
    },
  },
  { name: "BUFFERED_PARTIAL", changes: { filter: { processing_mode: requestBodies("BUFFERED_PARTIAL") } } },
  {
    name: "STREAMED before a cluster that waits for the body",
    changes: { filter: { processing_mode: requestBodies("STREAMED") }, route: toHttpListener },
  },
  {
    name: "STREAMED without waiting for the word on the headers",
    changes: {
      filter: {
        processing_mode: requestBodies("STREAMED"),
        send_body_without_waiting_for_header_response: true,
      },
      route: toHttpListener,
    },
  },
  {
    name: "BUFFERED without headers, before a cluster that waits for the body (S2-24)",
    changes: {
      filter: { processing_mode: requestBodies("BUFFERED", { request_header_mode: "SKIP" }) },
      route: toHttpListener,
    },
    hidesHeaders: true,
  },
];

describeWith("envoy", "the filter's other modes", () => {
  let behind: BehindEnvoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.backend.setDefault(text("Hello big world")));

  for (const { name, changes, hidesHeaders } of modes) {
    describe(name, () => {
      let envoy: Envoy;
      let asked: number;
      beforeAll(async () => {
        envoy = await behind.openEnvoy(changes);
      });
      beforeEach(() => {
        asked = behind.backend.requests.length;
      });
      afterAll(() => envoy.stop());
      const timesAsked = () => behind.backend.requests.length - asked;

      test("brings a plain answer, and asks the backend once", async () => {
        const response = await post(envoy.url(), ask);
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toBe("application/json");
        expect(await response.json()).toMatchObject({ object: "response", status: "completed" });
        expect(timesAsked()).toBe(1);
      });

      test("brings a stream as one whole answer", async () => {
        const response = await post(envoy.url(), { ...ask, stream: true });
        expect(response.status).toBe(200);
        expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
        const { final, events } = await checkFrames(await collectSse(response));
        expect(final.status).toBe("completed");
        expect(events.filter(({ type }) => type === "response.output_text.delta")).toHaveLength(3);
        expect(timesAsked()).toBe(1);
        expect(await envoy.stats("http.gateway.ext_proc.spurious_msgs_received")).toEqual({
          "http.gateway.ext_proc.spurious_msgs_received": 0,
        });
      });

      test.each([
        ["malformed JSON", '{"model":', 400, null],
        ["an empty body", "", 400, null],
        ["a missing model", { input: "hi" }, 422, "missing_required_parameter"],
      ])("refuses %s", async (_what, body, status, code) => {
        const response = await post(envoy.url(), body);
        expect(response.status).toBe(status);
        expect(await errorOf(response)).toMatchObject({ type: "invalid_request_error", code });
        expect(timesAsked()).toBe(0);
      });

      if (hidesHeaders) {
        test("ends the route's half of the exchange without a fault in the log", async () => {
          const response = await post(envoy.url(), ask, { headers: { "x-request-id": "half" } });
          expect(response.status).toBe(200);
          const line = await waitFor(
            () =>
              behind.gateway.logs().find(({ request_id, msg }) => request_id === "half" && msg === "request"),
            { what: "the HTTP listener to see the request end" },
          );
          expect(line.level).toBe("info");
        });
      }

      test(`${hidesHeaders ? "cannot read" : "reads"} an encoded body`, async () => {
        const body = gzipSync(JSON.stringify(ask));
        const response = await post(envoy.url(), body, { headers: { "content-encoding": "gzip" } });
        expect(response.status).toBe(hidesHeaders ? 400 : 200);
        await response.text();
      });
    });
  }

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
