import {
  contentChunk,
  describeWith,
  done,
  type Envoy,
  errorAnswer,
  finishChunk,
  gate,
  openRawRequest,
  type RawExchange,
  roleChunk,
  text,
  waitFor,
} from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, type BehindEnvoy, errorOf, startBehindEnvoy } from "./behind-envoy.ts";

/** Names and values of an answer's head, in the order they came; a name that came twice is there twice. */
function headOf(raw: RawExchange): [name: string, value: string][] {
  const [head = ""] = raw.received().split("\r\n\r\n", 1);
  return head
    .split("\r\n")
    .slice(1)
    .map((line) => [
      line.slice(0, line.indexOf(":")).toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]);
}

function valuesOf(raw: RawExchange, name: string): string[] {
  return headOf(raw).flatMap(([key, value]) => (key === name ? [value] : []));
}

describeWith("envoy", "an answer on the wire", () => {
  let behind: BehindEnvoy;
  let envoy: Envoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy();
    envoy = await behind.openEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.backend.setDefault(text("fine")));

  const raw = (body: object, headers: Record<string, string> = {}) =>
    openRawRequest(`${envoy.url()}/v1/responses`, { body, headers });

  test("that is a stream: chunked, never collected, each header once, and the connection stays open", async () => {
    const rest = gate();
    behind.backend.setDefault([roleChunk(), contentChunk("one"), rest, finishChunk("stop"), done()]);
    using exchange = raw({ ...ask, stream: true });
    await exchange.waitFor('"delta":"one"');
    expect(exchange.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    const names = headOf(exchange).map(([name]) => name);
    expect(names).toHaveLength(new Set(names).size);
    expect(Object.fromEntries(headOf(exchange))).toMatchObject({
      "transfer-encoding": "chunked",
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
      server: "envoy",
    });
    expect(names).not.toContain("content-length");
    expect(names).not.toContain("connection");
    rest.open();
    await exchange.waitFor("data: [DONE]\n\n\r\n0\r\n\r\n");

    behind.backend.setDefault(text("again"));
    const again = JSON.stringify(ask);
    exchange.write(
      `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${again.length}\r\n\r\n${again}`,
    );
    await exchange.waitFor('"text":"again"');
  });

  test("that is JSON: its length in bytes, each header once", async () => {
    behind.backend.setDefault(text("Grüße 😀"));
    using exchange = raw(ask);
    await exchange.waitFor('"metadata"');
    const names = headOf(exchange).map(([name]) => name);
    expect(names).toHaveLength(new Set(names).size);
    expect(names).not.toContain("transfer-encoding");
    const length = Number(valuesOf(exchange, "content-length"));
    await waitFor(() => exchange.received().split("\r\n\r\n")[1]?.length === length, {
      what: "the whole body",
    });
    const body = Buffer.from(exchange.received().split("\r\n\r\n")[1] ?? "", "latin1").toString("utf8");
    expect(JSON.parse(body)).toMatchObject({ output: [{ content: [{ text: "Grüße 😀" }] }] });
  });

  test("carries the request id that Envoy gave, and the log has it", async () => {
    for (const body of [ask, { ...ask, stream: true }, { input: "no model" }]) {
      const response = await post(envoy.url(), body);
      await response.text();
      const id = response.headers.get("x-request-id");
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      await waitFor(
        () =>
          behind.gateway
            .logs()
            .some(
              ({ msg, request_id, status }) =>
                msg === "request" && request_id === id && status === response.status,
            ),
        { what: `the request ${id} in the log` },
      );
    }
  });

  test("carries the request id that the client gave, and both logs have it", async () => {
    const response = await post(envoy.url(), ask, { headers: { "x-request-id": "client-chose-this" } });
    await response.text();
    expect(response.headers.get("x-request-id")).toBe("client-chose-this");
    await waitFor(() => behind.gateway.logs().some(({ request_id }) => request_id === "client-chose-this"), {
      what: "the request in the gateway's log",
    });
    await waitFor(() => envoy.logs().some((line) => line.includes('"request_id":"client-chose-this"')), {
      what: "the request in Envoy's log",
    });
  });

  test.each([false, true])("keeps a backend's 429 and its Retry-After (stream: %s)", async (stream) => {
    behind.backend.setDefault(errorAnswer(429, { code: "rate_limit_exceeded" }, { "retry-after": "17" }));
    const response = await post(envoy.url(), { ...ask, stream });
    expect([response.status, response.headers.get("retry-after")]).toEqual([429, "17"]);
    expect(await errorOf(response)).toMatchObject({ type: "rate_limit_error", code: "rate_limit_exceeded" });
  });

  test("names what has no effect, as it does without Envoy", async () => {
    const response = await post(envoy.url(), { ...ask, made_up: 1 });
    expect(response.headers.get("x-gateway-ignored")).toBe("made_up");
    await response.text();
  });

  test("comes also to a client that first asks whether it may send its body", async () => {
    const body = JSON.stringify(ask);
    using exchange = openRawRequest(`${envoy.url()}/v1/responses`, {
      method: "POST",
      headers: { expect: "100-continue", "content-length": String(body.length) },
    });
    await exchange.waitFor("HTTP/1.1 100 Continue");
    exchange.write(body);
    await exchange.waitFor("HTTP/1.1 200 OK");
    await exchange.waitFor('"text":"fine"');
  });

  test("comes to clients that send several requests at once down one connection, in order", async () => {
    const [one, two] = ["first", "second"].map((input) => JSON.stringify({ ...ask, input }));
    behind.backend.setDefault(({ body }) => text(`re: ${String(body.messages?.at(-1)?.content)}`));
    using exchange = openRawRequest(`${envoy.url()}/v1/responses`, { body: one });
    exchange.write(
      `POST /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${two?.length}\r\n\r\n${two}`,
    );
    await exchange.waitFor("re: second");
    expect(exchange.received().indexOf("re: first")).toBeLessThan(exchange.received().indexOf("re: second"));
  });

  describe("to a page of another origin", () => {
    const origin = "http://localhost:5173";

    test("may be read by it where that is of this machine, stream or not", async () => {
      for (const stream of [false, true]) {
        const response = await post(envoy.url(), { ...ask, stream }, { headers: { origin } });
        expect(response.headers.get("access-control-allow-origin")).toBe(origin);
        expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
        expect(response.headers.get("vary")).toBe("origin");
        await response.text();
      }
    });

    test("is a 403 from anywhere else", async () => {
      const response = await post(envoy.url(), ask, { headers: { origin: "https://evil.example" } });
      expect(response.status).toBe(403);
      expect(await errorOf(response)).toMatchObject({ code: "origin_not_allowed" });
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
    });

    test("is announced to a preflight", async () => {
      const response = await fetch(`${envoy.url()}/v1/responses`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization",
        },
      });
      expect(response.status).toBe(204);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": expect.stringContaining("POST"),
        "access-control-allow-headers": "authorization",
      });
    });
  });
});
