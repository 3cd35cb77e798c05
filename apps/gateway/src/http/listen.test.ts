import { connect } from "node:net";
import { expect, test } from "vitest";
import { listenHttp } from "./listen.ts";

const address = { host: "127.0.0.1", port: 0 };

test("a client that stops reading is cut, and its answer is cancelled", async () => {
  const cancelled = Promise.withResolvers<void>();
  const block = new Uint8Array(1024 * 1024);
  const endless = () =>
    new Response(new ReadableStream({ pull: (c) => c.enqueue(block), cancel: () => cancelled.resolve() }));
  const listener = await listenHttp({ ...address, fetch: endless, receiveTimeout: 10_000, idleTimeout: 100 });
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
  const listener = await listenHttp({ ...address, fetch: slow, receiveTimeout: 10_000, idleTimeout: 60_000 });
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
    receiveTimeout: 10_000,
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
