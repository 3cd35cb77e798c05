import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HeaderValueOption_HeaderAppendAction as AppendAction } from "./gen/envoy/config/core/v3/base_pb.ts";
import { BodyMode, requestBody, requestHeaders } from "./testing/played-envoy.ts";
import { ControlledStream, echo, start } from "./testing/started.ts";

const FD = BodyMode.FULL_DUPLEX_STREAMED;
const everyBodyMode = [FD, BodyMode.BUFFERED, BodyMode.BUFFERED_PARTIAL, BodyMode.STREAMED];
const noBody = { mode: FD, endOfStream: true };

describe("the request", () => {
  test("has a body of 20 MB that came in pieces, byte for byte", async () => {
    const piece = Buffer.alloc(64 * 1024, "0123456789abcdef-");
    const pieces = 320;
    await using started = await start({
      fetch: async (request) =>
        new Response(
          createHash("sha256")
            .update(await request.bytes())
            .digest("hex"),
        ),
    });
    const exchange = started.envoy.open(requestHeaders({}, { mode: FD }));
    const expected = createHash("sha256");
    for (let i = 0; i < pieces; i++) {
      exchange.send(requestBody(piece, false));
      expected.update(piece);
    }
    exchange.send(requestBody("", true));
    expect((await exchange.immediate()).body).toBe(expected.digest("hex"));
  });

  test("with a content-length over the limit is shown without waiting for its body", async () => {
    const seen: unknown[] = [];
    await using started = await start({
      limits: { maxBodyBytes: 100 },
      fetch: (request) => {
        seen.push([request.headers.get("content-length"), request.body]);
        return new Response("too long", { status: 413 });
      },
    });
    for (const mode of [FD, BodyMode.BUFFERED]) {
      const exchange = started.envoy.open(requestHeaders({ "content-length": "101" }, { mode }));
      expect((await exchange.immediate()).status).toBe(413);
    }
    expect(seen).toEqual([
      ["101", null],
      ["101", null],
    ]);
  });

  test("that grows over the limit is shown with what was counted, and the rest is ignored", async () => {
    await using started = await start({
      limits: { maxBodyBytes: 100 },
      fetch: (request) =>
        new Response(request.headers.get("content-length"), { status: request.body === null ? 413 : 200 }),
    });
    const exchange = started.envoy.open(requestHeaders({}, { mode: FD }));
    for (let i = 0; i < 50; i++) exchange.send(requestBody("x".repeat(60), false));
    const answer = await exchange.immediate();
    expect([answer.status, answer.body]).toEqual([413, "120"]);
    expect((await exchange.status).code).toBe(0);
  });

  test.each(["http2", "connect"] as const)(
    "in a message that the port does not take is shown as over the limit, over %s",
    async (transport) => {
      await using started = await start({
        transport,
        limits: { maxBodyBytes: 100, maxMessageBytes: 1000 },
        fetch: (request) =>
          new Response(request.headers.get("content-length"), { status: request.body === null ? 413 : 200 }),
      });
      for (const mode of [BodyMode.BUFFERED, FD]) {
        const exchange = started.envoy.open(requestHeaders({}, { mode }));
        if (mode === BodyMode.BUFFERED) await exchange.next();
        exchange.send(requestBody("x".repeat(1000), true));
        const answer = await exchange.immediate();
        expect([answer.status, answer.body]).toEqual([413, "101"]);
        expect((await exchange.status).code).toBe(0);
      }
      // Where the filter skips the headers, it is all that there is.
      const bare = started.envoy.open(requestBody("x".repeat(1000), true));
      expect((await bare.immediate()).status).toBe(413);
      expect(started.recorder.lines.filter((line) => line.startsWith("error"))).toEqual([]);
    },
  );

  test.each(["http2", "connect"] as const)(
    "that does not arrive in time is a 408, over %s",
    async (transport) => {
      await using started = await start({ transport, limits: { receiveTimeoutMs: 100 }, fetch: echo });
      for (const mode of everyBodyMode) {
        const exchange = started.envoy.open(requestHeaders({}, { mode }));
        if (mode !== FD) await exchange.next();
        else exchange.send(requestBody("half of", false));
        const answer = await exchange.immediate();
        expect([mode, answer.status]).toEqual([mode, 408]);
        expect(answer.json()).toEqual({
          error: {
            message: "The request took too long to arrive.",
            type: "invalid_request_error",
            param: null,
            code: null,
          },
        });
        expect((await exchange.status).code).toBe(0);
      }
      expect(started.recorder.lines.filter((line) => line === "closed answered")).toHaveLength(
        everyBodyMode.length,
      );
    },
  );

  test("that somebody else answers meanwhile is not a 408", async () => {
    await using started = await start({ limits: { receiveTimeoutMs: 100 }, fetch: echo });
    const answered = started.envoy.open(requestHeaders({}, { mode: BodyMode.STREAMED }));
    await answered.next();
    answered.send({ request: { case: "responseHeaders", value: {} } });
    expect((await answered.next())?.response.case).toBe("responseHeaders");
    // Opened later, this one runs out of time first.
    const slow = started.envoy.open(requestHeaders({}, { mode: FD }));
    expect((await slow.immediate()).status).toBe(408);
    answered.end();
    expect(await answered.rest()).toEqual([]);
  });

  test("of exactly the limit is taken", async () => {
    await using started = await start({ limits: { maxBodyBytes: 100 }, fetch: echo });
    const exchange = started.envoy.open(requestHeaders({ "content-length": "100" }, { mode: FD }));
    exchange.send(requestBody("x".repeat(100), true));
    expect((await exchange.immediate()).json()).toMatchObject({ body: "x".repeat(100) });
  });

  test("with headers that the web refuses goes without them", async () => {
    await using started = await start({ fetch: echo });
    const headers = { "x-bad": Buffer.from([0x61, 0x00]), "x-good": "1" };
    const answer = await started.envoy.open(requestHeaders(headers, noBody)).immediate();
    expect(answer.json()).toMatchObject({ headers: { host: "gateway.test", "x-good": "1" } });
  });

  test("that makes no URL is a 400", async () => {
    await using started = await start({ fetch: echo });
    const answer = await started.envoy.open(requestHeaders({ ":authority": "no host" }, noBody)).immediate();
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      error: { type: "invalid_request_error", code: "invalid_request_line" },
    });
  });
});

describe("a whole answer", () => {
  test("has status, headers and body of the response, without what belongs to a connection", async () => {
    const headers = new Headers({
      "content-type": "application/json",
      "retry-after": "3",
      "content-length": "11",
      connection: "keep-alive",
      "transfer-encoding": "chunked",
      "x-name": "caf\u00e9",
    });
    await using started = await start({ fetch: () => new Response('{"a":"b"}  ', { status: 429, headers }) });
    const answer = await started.envoy.open(requestHeaders({}, noBody)).immediate();
    expect(answer.status).toBe(429);
    expect(answer.body).toBe('{"a":"b"}  ');
    expect(answer.headers).toEqual([
      ["content-type", "application/json"],
      ["retry-after", "3"],
      ["x-name", "caf\u00e9"],
    ]);
  });

  test("keeps each cookie and replaces all other headers", async () => {
    const headers: [string, string][] = [
      ["set-cookie", "a=1; Path=/"],
      ["set-cookie", "b=2, c"],
      ["x-a", "1"],
    ];
    await using started = await start({ fetch: () => new Response(null, { headers }) });
    const { message } = await started.envoy.open(requestHeaders({}, noBody)).immediate();
    const set = message.headers?.setHeaders.map(({ header, appendAction }) => [
      header?.key,
      Buffer.from(header?.rawValue ?? []).toString(),
      appendAction,
    ]);
    expect(set).toEqual([
      ["set-cookie", "a=1; Path=/", AppendAction.APPEND_IF_EXISTS_OR_ADD],
      ["set-cookie", "b=2, c", AppendAction.APPEND_IF_EXISTS_OR_ADD],
      ["x-a", "1", AppendAction.OVERWRITE_IF_EXISTS_OR_ADD],
    ]);
  });

  test("may have no body", async () => {
    await using started = await start({ fetch: () => new Response(null, { status: 204 }) });
    const answer = await started.envoy.open(requestHeaders({ ":method": "DELETE" }, noBody)).immediate();
    expect([answer.status, answer.body]).toEqual([204, ""]);
  });

  test("is a 500 in OpenAI's form when fetch throws, and the cause goes to the observer only", async () => {
    const cause = new Error("secret detail");
    for (const fetch of [
      () => Promise.reject(cause),
      () => {
        throw cause;
      },
    ]) {
      await using started = await start({ fetch });
      const answer = await started.envoy.open(requestHeaders({}, noBody)).immediate();
      expect(answer.status).toBe(500);
      expect(answer.header("content-type")).toBe("application/json");
      expect(answer.json()).toEqual({
        error: {
          message: "The gateway failed to answer the request.",
          type: "server_error",
          param: null,
          code: "internal_error",
        },
      });
      expect(started.recorder.errors).toEqual([cause]);
      expect(started.recorder.lines).toEqual([
        "error Internal",
        "phase RequestHeaders error",
        "closed answered",
      ]);
    }
  });

  test("is a 500 when the body of the response fails before it was sent", async () => {
    await using started = await start({
      fetch: () => {
        const stream = new ControlledStream();
        stream.chunk("data: 1\n\n");
        stream.fail(new Error("broken"));
        return stream.response;
      },
    });
    const exchange = started.envoy.open(requestHeaders({}, { mode: BodyMode.BUFFERED, endOfStream: true }));
    const answer = await exchange.immediate();
    expect(answer.json()).toMatchObject({ error: { code: "internal_error" } });
  });

  test("over the limit is a 500, and the body of the response is cancelled", async () => {
    const stream = new ControlledStream({ "content-type": "application/octet-stream" });
    stream.chunk("x".repeat(60));
    stream.chunk("x".repeat(60));
    await using started = await start({ limits: { maxAnswerBytes: 100 }, fetch: () => stream.response });
    const answer = await started.envoy.open(requestHeaders({}, noBody)).immediate();
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({ error: { code: "answer_too_large" } });
    expect(started.recorder.lines).toContain("error ResourceExhausted");
    await stream.cancelled.promise;
  });
});

describe("a streamed answer", () => {
  test("comes chunk by chunk, each while the next is not even made", async () => {
    const stream = new ControlledStream({
      "cache-control": "no-cache",
      "content-length": "9",
      connection: "close",
    });
    await using started = await start({ fetch: () => stream.response });
    const exchange = started.envoy.open(requestHeaders({}, { mode: FD }), requestBody("{}", true));
    expect(await exchange.piece()).toEqual({
      headers: { ":status": "200", "cache-control": "no-cache", "content-type": "text/event-stream" },
      end: false,
    });
    for (const text of ["one", "two", "three"]) {
      stream.chunk(text);
      expect(await exchange.piece()).toEqual({ body: text, end: false });
    }
    stream.end();
    expect(await exchange.piece()).toEqual({ body: "", end: true });
    expect(await exchange.piece()).toBeUndefined();
    expect((await exchange.status).code).toBe(0);
    expect(started.recorder.lines).toContain("closed answered");
  });

  test("puts chunks that are ready together into one message, the end included", async () => {
    const stream = new ControlledStream();
    for (const text of ["a", "", "b", "c"]) if (text !== "") stream.chunk(text);
    stream.end();
    await using started = await start({ fetch: () => stream.response });
    const [, ...body] = await started.envoy.open(requestHeaders({}, noBody)).pieces();
    expect(body).toEqual([{ body: "abc", end: true }]);
  });

  test("may have no body at all", async () => {
    const headers = { "content-type": "text/event-stream" };
    await using started = await start({ fetch: () => new Response(null, { headers }) });
    const pieces = await started.envoy.open(requestHeaders({}, noBody)).pieces();
    expect(pieces).toEqual([{ headers: { ":status": "200", ...headers }, end: true }]);
  });

  test("ends well for Envoy when the body of the response fails", async () => {
    const stream = new ControlledStream();
    await using started = await start({ fetch: () => stream.response });
    const exchange = started.envoy.open(requestHeaders({}, noBody));
    await exchange.piece();
    stream.chunk("a");
    expect(await exchange.piece()).toEqual({ body: "a", end: false });
    const fault = new Error("the backend broke");
    stream.fail(fault);
    expect(await exchange.piece()).toEqual({ body: "", end: true });
    expect((await exchange.status).code).toBe(0);
    expect(started.recorder.errors).toEqual([fault]);
  });

  test("ends at the limit, and the body of the response is cancelled", async () => {
    const stream = new ControlledStream();
    await using started = await start({ limits: { maxAnswerBytes: 100 }, fetch: () => stream.response });
    const exchange = started.envoy.open(requestHeaders({}, noBody));
    await exchange.piece();
    stream.chunk("x".repeat(60));
    expect(await exchange.piece()).toEqual({ body: "x".repeat(60), end: false });
    stream.chunk("x".repeat(60));
    expect(await exchange.piece()).toEqual({ body: "", end: true });
    await stream.cancelled.promise;
    expect(started.recorder.lines).toContain("error ResourceExhausted");
  });
});

test("S2-44: metadata goes out with the last message of either kind of answer", async () => {
  const fetch = (request: Request) =>
    request.url.endsWith("/stream")
      ? new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } })
      : new Response("{}");
  await using started = await start({
    fetch,
    metadata: (request, response) => ({ "io.gateway": { url: request.url, status: response.status } }),
  });
  for (const path of ["/stream", "/whole"]) {
    const messages = await started.envoy.open(requestHeaders({ ":path": path }, noBody)).rest();
    const metadata = messages.map(({ dynamicMetadata }) => dynamicMetadata);
    const expected = { "io.gateway": { url: `http://gateway.test${path}`, status: 200 } };
    expect(metadata).toEqual([...metadata.slice(1).map(() => undefined), expected]);
  }
});

test("S1-70: the observer is told each part, and that the stream was answered", async () => {
  await using started = await start({ fetch: echo });
  const exchange = started.envoy.open(
    requestHeaders({}, { mode: FD }),
    requestBody("a", false),
    requestBody("b", true),
  );
  await exchange.rest();
  expect(started.recorder.lines).toEqual([
    "phase RequestHeaders success",
    "phase RequestBody success",
    "phase RequestBody success",
    "closed answered",
  ]);
});
