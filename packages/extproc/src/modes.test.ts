import { describe, expect, test } from "vitest";
import type { ProcessingResponse } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { BodyMode, requestBody, requestHeaders, requestTrailers } from "./testing/played-envoy.ts";
import { echo, start } from "./testing/started.ts";

const FD = BodyMode.FULL_DUPLEX_STREAMED;
const { BUFFERED, BUFFERED_PARTIAL, NONE, STREAMED } = BodyMode;
const everyMode = [FD, BUFFERED, BUFFERED_PARTIAL, STREAMED, NONE, undefined];
const bodyModes = [FD, BUFFERED, BUFFERED_PARTIAL, STREAMED, undefined];

function events(): Response {
  return new Response("data: 1\n\ndata: 2\n\n", { headers: { "content-type": "text/event-stream" } });
}

function kinds(messages: ProcessingResponse[]): (string | undefined)[] {
  return messages.map(({ response }) => response.case);
}

describe.each(["http2", "connect"] as const)("over %s", (transport) => {
  test("FULL_DUPLEX_STREAMED: the first word is the answer, after the body has ended", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(
      requestHeaders({ ":path": "/a" }, { mode: FD }),
      requestBody("one ", false),
      requestBody("two", false),
      requestBody("", true),
    );
    const answer = await exchange.immediate();
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ method: "POST", url: "http://gateway.test/a", body: "one two" });
    expect(await exchange.rest()).toEqual([]);
    expect((await exchange.status).code).toBe(0);
  });

  test("BUFFERED: the headers are told to continue, the body gets the answer", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(requestHeaders({}, { mode: BUFFERED }));
    const pass = await exchange.next();
    expect(pass?.response).toMatchObject({ case: "requestHeaders" });
    expect(pass?.response.value).not.toHaveProperty("response");
    exchange.send(requestBody("all of it", true));
    expect((await exchange.immediate()).json()).toMatchObject({ body: "all of it" });
  });

  test("STREAMED: each piece is answered and withheld from the route, the last gets the answer", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(requestHeaders({}, { mode: STREAMED }));
    expect((await exchange.next())?.response.case).toBe("requestHeaders");
    exchange.send(requestBody("one ", false));
    expect((await exchange.next())?.response).toMatchObject({
      case: "requestBody",
      value: { response: { bodyMutation: { mutation: { case: "clearBody", value: true } } } },
    });
    exchange.send(requestBody("two", true));
    expect((await exchange.immediate()).json()).toMatchObject({ body: "one two" });
  });

  test("BUFFERED_PARTIAL: a body that Envoy has cut is a 413", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(
      requestHeaders({ "content-length": "9" }, { mode: BUFFERED_PARTIAL }),
    );
    await exchange.next();
    exchange.send(requestBody("only", false));
    const answer = await exchange.immediate();
    expect(answer.status).toBe(413);
    expect(answer.json()).toMatchObject({ error: { code: "request_too_large", param: null } });
  });

  test("NONE: a request whose body stays unseen is an error that names the setting", async () => {
    await using started = await start({ transport, fetch: echo });
    const answer = await started.envoy.open(requestHeaders({}, { mode: NONE })).immediate();
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      error: { message: expect.stringContaining("request_body_mode"), code: "request_body_not_sent" },
    });
  });

  test("S2-24: with the headers skipped, the body message alone is a request", async () => {
    await using started = await start({ transport, fetch: echo, assumed: { url: "http://x/v1/responses" } });
    const answer = await started.envoy.open(requestBody("{}", true)).immediate();
    expect(answer.json()).toMatchObject({ method: "POST", url: "http://x/v1/responses", body: "{}" });
  });

  test.each(everyMode)("mode %s: a request without a body is answered at its headers", async (mode) => {
    await using started = await start({ transport, fetch: echo });
    const options = { endOfStream: true, ...(mode !== undefined && { mode }) };
    for (const method of ["GET", "POST"]) {
      const exchange = started.envoy.open(requestHeaders({ ":method": method }, options));
      expect((await exchange.immediate()).json()).toMatchObject({ method, body: "" });
    }
  });

  test.each([FD, STREAMED, undefined])("mode %s: trailers end the body", async (mode) => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(
      requestHeaders({}, mode === undefined ? {} : { mode }),
      requestBody("with ", false),
      requestBody("trailers", false),
      requestTrailers(),
    );
    const last = (await exchange.rest()).at(-1);
    expect(last?.response.case).toBe("immediateResponse");
    expect(started.recorder.lines).toContain("phase RequestTrailers success");
  });

  test("BUFFERED: a body that trailers will follow is complete", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(requestHeaders({}, { mode: BUFFERED }));
    await exchange.next();
    exchange.send(requestBody("whole", false));
    expect((await exchange.immediate()).json()).toMatchObject({ body: "whole" });
  });

  test.each([FD, NONE])("mode %s: an event stream is streamed", async (mode) => {
    await using started = await start({ transport, fetch: events });
    const exchange = started.envoy.open(requestHeaders({ ":method": "GET" }, { mode, endOfStream: true }));
    const pieces = await exchange.pieces();
    expect(pieces[0]).toMatchObject({
      headers: { ":status": "200", "content-type": "text/event-stream" },
      end: false,
    });
    expect(pieces.map((piece) => ("body" in piece ? piece.body : "")).join("")).toBe(
      "data: 1\n\ndata: 2\n\n",
    );
    expect(pieces.map((piece) => piece.end)).toEqual([...pieces.slice(1).map(() => false), true]);
  });

  test.each([BUFFERED, BUFFERED_PARTIAL, STREAMED, undefined])(
    "mode %s: an event stream becomes one whole answer, at the headers too",
    async (mode) => {
      await using started = await start({ transport, fetch: events });
      const modeOption = mode === undefined ? {} : { mode };
      const atHeaders = started.envoy.open(requestHeaders({}, { ...modeOption, endOfStream: true }));
      const afterBody = started.envoy.open(requestHeaders({}, modeOption), requestBody("x", true));
      await afterBody.next();
      for (const exchange of [atHeaders, afterBody]) {
        const answer = await exchange.immediate();
        expect(answer.header("content-type")).toBe("text/event-stream");
        expect(answer.body).toBe("data: 1\n\ndata: 2\n\n");
      }
    },
  );

  test.each(bodyModes)(
    "S2-02, mode %s: no part of a response is touched in the request phase",
    async (mode) => {
      for (const fetch of [echo, events]) {
        await using started = await start({ transport, fetch });
        const exchange = started.envoy.open(
          requestHeaders({}, mode === undefined ? {} : { mode }),
          requestBody("x", true),
        );
        for (const kind of kinds(await exchange.rest())) expect(kind).not.toMatch(/^response/);
      }
    },
  );

  test("parts of a response that a filter sends by mistake are told to continue", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(
      { request: { case: "responseHeaders", value: {} } },
      { request: { case: "responseBody", value: { body: Buffer.from("x"), endOfStream: false } } },
      { request: { case: "responseTrailers", value: {} } },
    );
    exchange.end();
    const answers = await exchange.rest();
    expect(kinds(answers)).toEqual(["responseHeaders", "responseBody", "responseTrailers"]);
    expect(answers[1]?.response.value).not.toHaveProperty("response");
    expect(started.recorder.lines).toEqual([
      "phase ResponseHeaders success",
      "phase ResponseBody success",
      "phase ResponseTrailers success",
      "closed eof",
    ]);
  });

  test("a response's body is given back where full duplex asks for that", async () => {
    await using started = await start({ transport, fetch: echo });
    const exchange = started.envoy.open(
      { request: { case: "responseHeaders", value: {} }, protocolConfig: { responseBodyMode: FD } },
      { request: { case: "responseBody", value: { body: Buffer.from("x"), endOfStream: true } } },
    );
    exchange.end();
    const [, body] = await exchange.rest();
    const value = { body: Buffer.from("x"), endOfStream: true };
    expect(body?.response).toMatchObject({
      case: "responseBody",
      value: { response: { bodyMutation: { mutation: { case: "streamedResponse", value } } } },
    });
  });

  test("observability mode is listened to and not answered", async () => {
    let asked = 0;
    await using started = await start({
      transport,
      fetch: () => {
        asked++;
        return new Response("");
      },
    });
    const exchange = started.envoy.open(
      { ...requestHeaders({}, { mode: STREAMED }), observabilityMode: true },
      { ...requestBody("x", true), observabilityMode: true },
    );
    exchange.end();
    expect(await exchange.rest()).toEqual([]);
    expect((await exchange.status).code).toBe(0);
    expect(asked).toBe(0);
  });
});
