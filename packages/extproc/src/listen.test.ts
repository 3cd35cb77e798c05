import { describe, expect, test } from "vitest";
import { listenExtProc } from "./listen.ts";
import { BodyMode, PlayedEnvoy, requestHeaders } from "./testing/played-envoy.ts";
import { ControlledStream, echo, patient, start } from "./testing/started.ts";

const noBody = { mode: BodyMode.FULL_DUPLEX_STREAMED, endOfStream: true };

describe("listening", () => {
  test("tells the real port where 0 was asked", async () => {
    await using started = await start({ fetch: echo });
    expect(started.listener.address).toEqual({ host: "127.0.0.1", port: expect.any(Number) });
    expect(started.listener.address.port).toBeGreaterThan(0);
  });

  test("on a port that is taken says which", async () => {
    await using started = await start({ fetch: echo });
    const { port } = started.listener.address;
    await expect(listenExtProc({ port, fetch: echo })).rejects.toThrow(
      `Cannot listen for Envoy on 127.0.0.1:${port}: the port is in use.`,
    );
  });

  test("serves a handler of one's own", async () => {
    await using started = await start({
      async *handler(messages) {
        for await (const { request } of messages) {
          if (request.case !== "requestHeaders") continue;
          yield {
            $typeName: "envoy.service.ext_proc.v3.ProcessingResponse",
            response: {
              case: "requestHeaders",
              value: { $typeName: "envoy.service.ext_proc.v3.HeadersResponse" },
            },
          };
          return;
        }
      },
    });
    const exchange = started.envoy.open(requestHeaders({}, noBody));
    expect((await exchange.rest()).map(({ response }) => response.case)).toEqual(["requestHeaders"]);
    expect((await exchange.status).code).toBe(0);
  });

  test.each(["http2", "connect"] as const)(
    "over %s, a handler that throws is an Internal error",
    async (transport) => {
      const fault = new Error("a detail for the log");
      await using started = await start({
        transport,
        // biome-ignore lint/correctness/useYield: it fails before it has anything to say.
        async *handler() {
          throw fault;
        },
      });
      const { code, details } = await started.envoy.open(requestHeaders({}, noBody)).status;
      expect(code).toBe(13);
      expect(details).not.toContain("detail");
      await expect.poll(() => started.recorder.lines, patient).toEqual(["closed error", "error Internal"]);
      expect(started.recorder.errors).toMatchObject([{ cause: fault }]);
    },
  );
});

describe("draining", () => {
  test("lets what is running finish, and takes nothing new", async () => {
    const stream = new ControlledStream();
    await using started = await start({ fetch: () => stream.response });
    const exchange = started.envoy.open(requestHeaders({}, noBody));
    await exchange.piece();

    let drained = false;
    const draining = started.listener.drain().then(() => {
      drained = true;
    });
    const late = new PlayedEnvoy(started.listener.address.port);
    await expect
      .poll(async () => {
        const refused = late.open(requestHeaders({}, noBody));
        const { code } = await refused.status;
        return code;
      }, patient)
      .toBe(14);
    late[Symbol.dispose]();

    expect(drained).toBe(false);
    stream.chunk("last words");
    stream.end();
    expect((await exchange.pieces()).map((piece) => "body" in piece && piece.body).join("")).toBe(
      "last words",
    );
    expect((await exchange.status).code).toBe(0);
    await draining;
  });

  test("serves on during the drain delay, which close cuts short", async () => {
    await using started = await start({ fetch: echo, drainDelayMs: 3_600_000 });
    expect((await started.envoy.open(requestHeaders({}, noBody)).immediate()).status).toBe(200);
    const draining = started.listener.drain();
    expect((await started.envoy.open(requestHeaders({}, noBody)).immediate()).status).toBe(200);
    await started.listener.close();
    await draining;
  });

  test("with nobody connected is over at once, and again is the same", async () => {
    const listener = await listenExtProc({ port: 0, fetch: echo, drainDelayMs: 3_600_000 });
    await Promise.all([listener.drain(), listener.drain()]);
    await listener.close();
  });

  test("closing aborts what is running", async () => {
    const stream = new ControlledStream();
    await using started = await start({ fetch: () => stream.response });
    const exchange = started.envoy.open(requestHeaders({}, noBody));
    await exchange.piece();
    await started.listener.close();
    await stream.cancelled.promise;
    expect((await exchange.status).code).not.toBe(0);
  });
});
