import { once } from "node:events";
import { connect } from "node:net";
import { openRawRequest, type RawExchange } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HttpListener, listenHttp } from "./listen.ts";

/** Answers before the body was read, at once or a turn later: on `/begun` when it has seen the first bytes. */
async function refuse(request: Request): Promise<Response> {
  if (request.url.endsWith("/begun")) {
    const reader = request.body?.getReader();
    await reader?.read();
    await reader?.cancel();
  }
  if (!request.url.endsWith("/")) await new Promise(setImmediate);
  return Response.json({ error: `no ${request.method}` }, { status: 401 });
}

let listener: HttpListener;
let base: string;
beforeAll(async () => {
  const receive = { timeout: 60_000, mayBeLong: () => false };
  listener = await listenHttp({ host: "127.0.0.1", port: 0, fetch: refuse, receive, idleTimeout: 60_000 });
  base = `http://127.0.0.1:${listener.address.port}`;
});
// A grace longer than the test: only connections that are over can end it in time.
afterAll(() => listener.close(3_600_000));

/** Sends head and body in one piece, on a connection that has had an answer already. */
async function post(path: string, header: string, body = ""): Promise<RawExchange> {
  const exchange = openRawRequest(base);
  await exchange.waitFor("no GET");
  exchange.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${header}\r\n\r\n${body}`);
  await exchange.waitFor("no POST");
  return exchange;
}
const chunked = "transfer-encoding: chunked";
const closes = /^connection: close\r$/im;

/** Sends a request behind the one that was answered, and waits for its answer. */
async function askAgain(exchange: RawExchange, method: string): Promise<void> {
  exchange.write(`${method} / HTTP/1.1\r\nhost: x\r\n\r\n`);
  await exchange.waitFor(`no ${method}`);
}

describe("an answer that is given before its request was read", () => {
  test.for([
    ["without a body", "/", "content-length: 0", "", ""],
    ["whose body is small and to come", "/", "content-length: 60000", "", "x".repeat(60_000)],
    ["whose body is small and had begun", "/begun", "content-length: 60000", "x", "x".repeat(59_999)],
    ["whose chunks have all come", "/later", chunked, "1\r\nx\r\n0\r\n\r\n", ""],
    ["whose chunks have all come, some read", "/begun", chunked, "1\r\nx\r\n1\r\ny\r\n0\r\n\r\n", ""],
  ] as const)("leaves the connection of one %s", async ([, path, header, body, rest]) => {
    using exchange = await post(path, header, body);
    expect(exchange.received()).not.toMatch(closes);
    exchange.write(rest);
    await askAgain(exchange, "PUT");
    await askAgain(exchange, "DELETE");
  });

  test.for([
    ["is large", "/", "content-length: 65537", "x"],
    ["is large and had begun", "/begun", "content-length: 65537", "x"],
    ["has no known end", "/", chunked, "1\r\nx\r\n"],
  ] as const)(
    "says that its connection closes where the body %s, and closes it",
    async ([, path, header, body]) => {
      using exchange = await post(path, header, body);
      expect(exchange.received()).toMatch(closes);
      expect(await exchange.closed).toBe("end");
    },
  );

  test.for(["/", "/begun"])("reaches a client that sends all before it reads, on %s", async (path) => {
    const piece = Buffer.alloc(1024 * 1024, "x");
    const pieces = 24;
    const socket = connect(listener.address.port, "127.0.0.1");
    socket.pause();
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${pieces * piece.length}\r\n\r\n`);
    for (let n = 0; n < pieces; n++) if (!socket.write(piece)) await once(socket, "drain");
    let answer = "";
    for await (const bytes of socket) answer += String(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(closes);
    expect(answer).toContain("no POST");
  });

  test("does not wait for the end of what has none", async () => {
    const piece = Buffer.alloc(1024 * 1024, "x");
    const socket = connect(listener.address.port, "127.0.0.1");
    const cut = new Promise((resolve) => socket.on("error", resolve).on("end", resolve));
    let over = false;
    void cut.then(() => {
      over = true;
    });
    socket.resume();
    socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 ** 40}\r\n\r\n`);
    while (!over) if (!socket.write(piece)) await Promise.race([once(socket, "drain"), cut]);
    expect(socket.bytesWritten).toBeGreaterThan(64 * 1024 * 1024);
    socket.destroy();
  });

  test("is over when its client leaves", async () => {
    const exchange = await post("/", "content-length: 100000", "x");
    exchange.close();
    using other = openRawRequest(base);
    await other.waitFor("no GET");
    // That nothing of it is left is for the listener's end to tell.
  });
});
