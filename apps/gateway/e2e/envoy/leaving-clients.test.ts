import {
  contentChunk,
  describeWith,
  type Envoy,
  hang,
  type LogLine,
  openRawRequest,
  roleChunk,
  text,
  waitFor,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, type BehindEnvoy, startBehindEnvoy } from "./behind-envoy.ts";
import { ClientStream } from "./client-stream.ts";
import { readMetrics } from "./read-metrics.ts";
import { type EnvoyChanges, requestBodies } from "./render-variant.ts";

const setups: { name: string; changes: EnvoyChanges; streams: boolean }[] = [
  { name: "where Envoy closes its streams as the example has it", changes: {}, streams: true },
  {
    name: "where Envoy resets its streams",
    changes: { runtime: { "envoy.reloadable_features.ext_proc_graceful_grpc_close": false } },
    streams: true,
  },
  {
    name: "where Envoy waits for a whole answer",
    changes: { filter: { processing_mode: requestBodies("BUFFERED") } },
    streams: false,
  },
];

describeWith("envoy", "a client that leaves", () => {
  let behind: BehindEnvoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());

  /** Streams of this gateway that Envoy gave up. */
  const cancelled = async () =>
    (await readMetrics(behind.gateway)).value("extproc_streams_total", { reason: "canceled" });

  for (const { name, changes, streams } of setups) {
    describe(name, () => {
      let envoy: Envoy;
      let asked: number;
      let before: number;
      beforeAll(async () => {
        envoy = await behind.openEnvoy(changes);
      });
      beforeEach(async () => {
        asked = behind.backend.requests.length;
        before = await cancelled();
        behind.backend.setDefault([roleChunk(), contentChunk("Hel"), hang()]);
      });

      /** The backend was let go, and the stream counts as given up and not as a failure. */
      const expectLetGo = async () => {
        await (await behind.backend.waitForRequest(asked + 1)).whenAborted;
        await waitFor(async () => (await cancelled()) === before + 1, {
          what: "the stream to count as cancelled",
        });
        expect((await readMetrics(behind.gateway)).sum("extproc_stream_errors_total")).toBe(0);
      };

      test("while it waits for a plain answer", async () => {
        const controller = new AbortController();
        const answer = post(envoy.url(), ask, { signal: controller.signal });
        await behind.backend.waitForRequest(asked + 1);
        controller.abort();
        await expect(answer).rejects.toThrow(/abort/);
        await expectLetGo();
      });

      test("before its stream begins", async () => {
        behind.backend.setDefault([hang()]);
        const controller = new AbortController();
        const answer = post(envoy.url(), { ...ask, stream: true }, { signal: controller.signal });
        await behind.backend.waitForRequest(asked + 1);
        controller.abort();
        await expect(answer).rejects.toThrow(/abort/);
        await expectLetGo();
      });

      if (streams) {
        test("in the middle of its stream, which is stored as cancelled", async () => {
          const controller = new AbortController();
          const stream = await ClientStream.open(envoy.url(), ask, { signal: controller.signal });
          const id = await stream.untilText();
          controller.abort();
          await expectLetGo();
          const stored = await waitFor(
            async () => {
              const body = (await (await fetch(`${envoy.url()}/v1/responses/${id}`)).json()) as {
                status: string;
              };
              return body.status === "in_progress" ? undefined : body;
            },
            { what: "the response to be closed" },
          );
          expect(stored).toMatchObject({ status: "cancelled", output: [{ content: [{ text: "Hel" }] }] });
        });
      }

      test.each([
        ["whose length was told", { "content-length": "1000" }, '{"model":'],
        ["in chunks", { "transfer-encoding": "chunked" }, '9\r\n{"model":\r\n'],
      ])("in the middle of its request's body, %s", async (_how, headers: Record<string, string>, bytes) => {
        const started = (await envoy.stats(startedStreams))[startedStreams] ?? 0;
        const raw = openRawRequest(`${envoy.url()}/v1/responses`, { method: "POST", headers });
        raw.write(bytes);
        await waitFor(async () => (await envoy.stats(startedStreams))[startedStreams] === started + 1, {
          what: "Envoy to open a stream",
        });
        raw.close();
        await waitFor(
          async () =>
            (await envoy.stats("http.gateway.ext_proc.streams_closed"))[
              "http.gateway.ext_proc.streams_closed"
            ] ===
            started + 1,
          { what: "Envoy to close the stream" },
        );
        behind.backend.setDefault(text("fine"));
        expect((await post(envoy.url(), ask)).status).toBe(200);
        expect(behind.backend.requests).toHaveLength(asked + 1);
        expect((await readMetrics(behind.gateway)).sum("extproc_stream_errors_total")).toBe(0);
      });
    });
  }

  test("is nobody's fault: no line of the log is worse than info, and nothing counts as a 500", async () => {
    const envoy = await behind.openEnvoy();
    behind.backend.setDefault([hang()]);
    const before = (await readMetrics(behind.gateway)).sum("http_requests_total", { status: "500" });
    const asked = behind.backend.requests.length;
    const ids = ["left-plain", "left-stream"];
    for (const [n, id] of ids.entries()) {
      const controller = new AbortController();
      const init = { signal: controller.signal, headers: { "x-request-id": id } };
      const answer = post(envoy.url(), { ...ask, stream: n === 1 }, init);
      const request = await behind.backend.waitForRequest(asked + n + 1);
      controller.abort();
      await expect(answer).rejects.toThrow(/abort/);
      await request.whenAborted;
    }
    const linesIn = (log: LogLine[]) => log.filter(({ request_id }) => ids.includes(String(request_id)));
    const ended = () =>
      linesIn(behind.gateway.logs()).filter(({ msg, status }) => msg === "request" && status !== undefined);
    await waitFor(() => ended().length === ids.length, { what: "both requests to be logged" });
    const lines = linesIn(await behind.gateway.settledLogs());
    expect(lines.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
    const after = (await readMetrics(behind.gateway)).sum("http_requests_total", { status: "500" });
    expect(after).toBe(before);
  });
});

const startedStreams = "http.gateway.ext_proc.streams_started";
