import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { listenHttp } from "./listen.ts";

const receive = { timeout: 10_000, mayBeLong: () => false };
const address = { host: "127.0.0.1", port: 0 };

test("a client that stops reading is cut, and its answer is cancelled", async () => {
  const cancelled = Promise.withResolvers<void>();
  const block = new Uint8Array(1024 * 1024);
  const endless = () =>
    new Response(new ReadableStream({ pull: (c) => c.enqueue(block), cancel: () => cancelled.resolve() }));
  const listener = await listenHttp({ ...address, fetch: endless, receive, idleTimeout: 100 });
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  socket.pause();
  await cancelled.promise;
  socket.destroy();
  await listener.close(0);
});

test("a keep-alive connection does not hold up the end, whenever it fell idle", async () => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = async () => {
    asked.resolve();
    await answer.promise;
    return new Response("late");
  };
  const listener = await listenHttp({ ...address, fetch: slow, receive, idleTimeout: 60_000 });
  const sent = fetch(`http://127.0.0.1:${listener.address.port}/`);
  await asked.promise;
  // A grace longer than the test: only the closed connection can end it in time.
  const closed = listener.close(3_600_000);
  answer.resolve();
  expect(await (await sent).text()).toBe("late");
  await closed;
});

test("what is no HTTP gets a JSON error", async () => {
  const listener = await listenHttp({
    ...address,
    fetch: () => new Response("ok"),
    receive,
    idleTimeout: 60_000,
  });
  const socket = connect(listener.address.port, "127.0.0.1");
  socket.write("NONSENSE\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  expect(text).toMatch(/^HTTP\/1\.1 400 /);
  expect(JSON.parse(text.slice(text.indexOf("{")))).toMatchObject({
    error: { type: "invalid_request_error" },
  });
  await listener.close(0);
});

describe("a request that takes long to arrive", () => {
  /** A listener whose handler reads the body and keeps what it saw. */
  async function listen(timeout: number) {
    const seen: { bytes: number; error?: unknown }[] = [];
    const over = Promise.withResolvers<void>();
    const listener = await listenHttp({
      ...address,
      idleTimeout: 60_000,
      receive: { timeout, mayBeLong: ({ url }) => url === "/long" },
      async fetch(request) {
        const entry: (typeof seen)[number] = { bytes: 0 };
        seen.push(entry);
        try {
          for await (const chunk of request.body ?? []) entry.bytes += chunk.byteLength;
        } catch (error) {
          entry.error = error;
        }
        over.resolve();
        return new Response(String(entry.bytes));
      },
    });
    return { seen, over: over.promise, listener };
  }

  function send(port: number, path: string, length: number): Socket {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n`,
    );
    return socket;
  }

  async function answerOf(socket: Socket): Promise<string> {
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    return text;
  }

  test.for([["/short"], ["/long"]])("is a 408 when nothing comes, on %s", async ([path]) => {
    const { listener, seen, over } = await listen(50);
    const socket = send(listener.address.port, path ?? "", 100);
    socket.write("some");
    const answer = await answerOf(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain("The request took too long to arrive.");
    await over;
    expect(seen).toMatchObject([{ bytes: 4, error: expect.anything() }]);
    await listener.close(0);
  });
});
