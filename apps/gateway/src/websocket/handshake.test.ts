import { openRawRequest } from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { type HttpListener, listenHttp } from "../http/listen.ts";
import { type HandshakeOptions, openHandshakes } from "./handshake.ts";

const headers = {
  connection: "Upgrade, close",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** A listener that puts handshakes to `fetch`, and tells of other requests that they are such. */
async function listen(fetch: HandshakeOptions["fetch"]): Promise<HttpListener & AsyncDisposable> {
  const listener = await listenHttp({
    host: "127.0.0.1",
    port: 0,
    fetch: () => new Response("no handshake"),
    upgrade: openHandshakes({ fetch, maxMessage: 1000 }),
    receive: { timeout: 60_000, mayBeLong: () => false },
    idleTimeout: 60_000,
  });
  return { ...listener, [Symbol.asyncDispose]: () => listener.close(0) };
}

const ask = (listener: HttpListener, path: string) =>
  openRawRequest(`http://127.0.0.1:${listener.address.port}${path}`, { headers });

describe("a request for a WebSocket", () => {
  test.for(["/v1/responses", "/v1/responses?a=b"])("of %s is a handshake", async (path) => {
    await using listener = await listen(() => new Response("a handshake", { status: 401 }));
    using exchange = ask(listener, path);
    await exchange.closed;
    expect(exchange.received()).toMatch(/^HTTP\/1\.1 401 .*\r\n\r\na handshake$/s);
  });

  test.for(["/v1/responses/resp_1?stream=true", "/v1/responsesX", "/v1/files/f/content", "/health"])(
    "of %s is answered as if it asked for none",
    async (path) => {
      await using listener = await listen(() => new Response("a handshake"));
      using exchange = ask(listener, path);
      await exchange.closed;
      expect(exchange.received()).toMatch(/^HTTP\/1\.1 200 .*no handshake/s);
    },
  );

  test("is broken off for the application, too, when its client leaves before it is answered", async () => {
    const arrived = Promise.withResolvers<AbortSignal>();
    const aborted = Promise.withResolvers<Response>();
    await using listener = await listen(({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve(new Response("late")));
      arrived.resolve(signal);
      return aborted.promise;
    });
    using exchange = ask(listener, "/v1/responses");
    const signal = await arrived.promise;
    expect(signal.aborted).toBe(false);
    exchange.close();
    await aborted.promise;
    expect(signal.aborted).toBe(true);
  });

  test("gets no answer that does not end: its connection is cut and the rest is not made", async () => {
    const cancelled = Promise.withResolvers<void>();
    let made = 0;
    await using listener = await listen(() => {
      const body = new ReadableStream({
        pull(controller) {
          made++;
          controller.enqueue(new Uint8Array(16_384));
        },
        cancel: () => cancelled.resolve(),
      });
      return new Response(body, { status: 400 });
    });
    using exchange = ask(listener, "/v1/responses");
    await Promise.all([cancelled.promise, exchange.closed]);
    expect(exchange.received()).toBe("");
    expect(made).toBeLessThan(10);
  });
});
