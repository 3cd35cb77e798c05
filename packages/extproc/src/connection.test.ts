import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { connect as connectTcp } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { continueRequestHeaders } from "./continue-message.ts";
import { toFrame } from "./grpc-framing.ts";
import { processPath } from "./process-method.ts";
import { BodyMode, encodeRequest, requestBody, requestHeaders } from "./testing/played-envoy.ts";
import { ControlledStream, echo, start } from "./testing/started.ts";

const FD = BodyMode.FULL_DUPLEX_STREAMED;
const noBody = { mode: FD, endOfStream: true };

const sessions: ClientHttp2Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

/** A bare HTTP/2 connection, for what no gRPC client would send. */
function openSession(port: number): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  sessions.push(session);
  return session;
}

function call(session: ClientHttp2Session, headers: Record<string, string> = {}): ClientHttp2Stream {
  return session.request({
    ":method": "POST",
    ":path": processPath,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
}

function ping(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    session.ping((error) => (error === null ? resolve() : reject(error)));
  });
}

/** Reads a call to its end: the status from the trailers, or from the headers when these are all. */
async function finish(
  stream: ClientHttp2Stream,
): Promise<{ status?: unknown; message?: unknown; bytes: number }> {
  let found: Record<string, unknown> = {};
  let bytes = 0;
  stream.on("response", (headers) => {
    if (headers["grpc-status"] !== undefined) found = headers;
  });
  stream.on("trailers", (trailers) => {
    found = trailers;
  });
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await new Promise((resolve) => stream.once("end", resolve));
  return { status: found["grpc-status"], message: found["grpc-message"], bytes };
}

describe("one connection", () => {
  test.each(["http2", "connect"] as const)(
    "over %s, survives 4,000 answers whose streams are reset, as Envoy resets them",
    async (transport) => {
      await using started = await start({ transport, fetch: () => new Response("ok") });
      const session = openSession(started.listener.address.port);
      let goneAway = false;
      session.on("goaway", () => {
        goneAway = true;
      });
      const open = toFrame(encodeRequest(requestHeaders({}, noBody)));
      const answerAndReset = async () => {
        const stream = call(session);
        stream.on("error", () => {});
        stream.write(open);
        await new Promise((resolve, reject) => {
          stream.once("data", resolve);
          stream.once("close", () => reject(new Error("The stream closed without an answer.")));
        });
        stream.close(8);
      };
      for (let i = 0; i < 4000; i += 100) await Promise.all(Array.from({ length: 100 }, answerAndReset));
      expect(goneAway).toBe(false);
      expect(session.destroyed).toBe(false);
    },
  );

  test("S1-56: carries 1,000 exchanges at once, and answers pings meanwhile", async () => {
    const waiting: ControlledStream[] = [];
    await using started = await start({
      fetch: () => {
        const stream = new ControlledStream();
        waiting.push(stream);
        return stream.response;
      },
    });
    const exchanges = Array.from({ length: 1000 }, () => started.envoy.open(requestHeaders({}, noBody)));
    await Promise.all(exchanges.map((exchange) => exchange.piece()));
    expect(waiting).toHaveLength(1000);

    const session = openSession(started.listener.address.port);
    await new Promise((resolve) => session.once("connect", resolve));
    await ping(session);
    for (const stream of waiting) {
      stream.chunk("done");
      stream.end();
    }
    const last = await Promise.all(exchanges.map((exchange) => exchange.pieces()));
    for (const pieces of last) expect(pieces.at(-1)?.end).toBe(true);
  });

  test("takes 32 uploads of 2 MB at once", async () => {
    await using started = await start({
      fetch: async (request) => new Response(String((await request.bytes()).length)),
    });
    const piece = Buffer.alloc(64 * 1024);
    const answers = await Promise.all(
      Array.from({ length: 32 }, () => {
        const exchange = started.envoy.open(requestHeaders({}, { mode: FD }));
        for (let i = 0; i < 32; i++) exchange.send(requestBody(piece, i === 31));
        return exchange.immediate();
      }),
    );
    expect(new Set(answers.map((answer) => answer.body))).toEqual(new Set([String(2 * 1024 * 1024)]));
  });

  test("makes no more of an answer than its peer takes", async () => {
    const chunk = Buffer.alloc(64 * 1024);
    const chunks = 400;
    let made = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (made++ < chunks) controller.enqueue(chunk);
        else controller.close();
      },
    });
    await using started = await start({
      fetch: () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
    });
    const session = openSession(started.listener.address.port);
    const stream = call(session);
    stream.write(toFrame(encodeRequest(requestHeaders({}, noBody))));
    await new Promise((resolve) => stream.once("response", resolve));
    // Each ping gives the server a turn in which it could go on, if it did not wait.
    for (let i = 0; i < 20; i++) await ping(session);
    expect(made).toBeLessThan(chunks / 4);

    const { status, bytes } = await finish(stream);
    expect(status).toBe("0");
    expect(bytes).toBeGreaterThan(chunks * chunk.length);
  });

  test("throws away what a peer still sends after its answer", async () => {
    await using started = await start({ fetch: echo });
    const stream = call(openSession(started.listener.address.port));
    stream.write(toFrame(encodeRequest(requestHeaders({}, noBody))));
    expect(await finish(stream)).toMatchObject({ status: "0" });
    // The peer's side is still open, and what it sends now is thrown away.
    stream.write(Buffer.alloc(200_000));
    stream.end();
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).toBe(0);
  });
});

describe("a call that is not as it should be", () => {
  test("is a garbage frame: Internal", async () => {
    await using started = await start({ fetch: echo });
    const stream = call(openSession(started.listener.address.port));
    stream.end("this is not gRPC");
    expect(await finish(stream)).toMatchObject({ status: "13", message: "the bytes are not gRPC frames" });
    expect(started.recorder.lines).toEqual(["closed error", "error Internal"]);
  });

  test("is a frame that holds no ProcessingRequest: InvalidArgument", async () => {
    await using started = await start({ fetch: echo });
    const stream = call(openSession(started.listener.address.port));
    stream.end(toFrame(Buffer.from([0x12, 0xff, 0xff])));
    expect(await finish(stream)).toMatchObject({ status: "3" });
  });

  test("ends within a frame: Internal", async () => {
    await using started = await start({ fetch: echo });
    const stream = call(openSession(started.listener.address.port));
    stream.end(toFrame(encodeRequest(requestHeaders({}, noBody))).subarray(0, 20));
    expect(await finish(stream)).toMatchObject({ status: "13" });
  });

  test.each(["http2", "connect"] as const)(
    "over %s, has a message over the limit: ResourceExhausted, where the handler has no answer to that",
    async (transport) => {
      await using started = await start({
        transport,
        limits: { maxMessageBytes: 1000 },
        async *handler(messages) {
          for await (const _ of messages) yield continueRequestHeaders;
        },
      });
      const exchange = started.envoy.open(
        requestHeaders({}, { mode: FD }),
        requestBody("x".repeat(1000), true),
      );
      expect(await exchange.rest()).toHaveLength(1);
      expect((await exchange.status).code).toBe(8);
      expect(started.recorder.lines).toContain("error ResourceExhausted");
    },
  );

  test("does not disturb the others on its connection", async () => {
    await using started = await start({ fetch: echo });
    const session = openSession(started.listener.address.port);
    const good = call(session);
    const bad = call(session);
    bad.end("garbage garbage");
    await finish(bad);
    good.end(toFrame(encodeRequest(requestHeaders({}, noBody))));
    expect(await finish(good)).toMatchObject({ status: "0" });
  });

  test("compresses: is served all the same, by the general server", async () => {
    await using started = await start({ fetch: echo });
    const frame = toFrame(gzipSync(encodeRequest(requestHeaders({}, noBody))));
    frame[0] = 1;
    const stream = call(openSession(started.listener.address.port), { "grpc-encoding": "gzip" });
    stream.end(frame);
    const { status, bytes } = await finish(stream);
    expect(status).toBe("0");
    expect(bytes).toBeGreaterThan(0);
  });

  test("names a method that does not exist", async () => {
    await using started = await start({ fetch: echo });
    const stream = call(openSession(started.listener.address.port), { ":path": "/no.such.Service/Method" });
    let status: unknown;
    stream.on("response", (headers) => {
      status = headers[":status"];
    });
    stream.end();
    await finish(stream);
    expect(status).toBe(404);
  });

  test("speaks no HTTP/2: is dropped, and the others do not notice", async () => {
    await using started = await start({ fetch: echo });
    const socket = connectTcp(started.listener.address.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.resume();
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await started.envoy.open(requestHeaders({}, noBody)).immediate()).status).toBe(200);
  });
});
