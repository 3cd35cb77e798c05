import { gzipSync } from "node:zlib";
import { collectSse, describeWith, type Envoy, text, waitFor } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { checkFrames } from "../read-stream.ts";
import { ask, type BehindEnvoy, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
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
});
