import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { FormReader } from "./form-reader.ts";
import { freeChunk, IncomingForm } from "./form-source.ts";

/** A server that hands each request over, and a client that sends one. */
async function openExchange(handle: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const handled = Promise.withResolvers<void>();
  const server = createServer((incoming, response) => {
    handle(incoming, response).then(handled.resolve, handled.reject);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const client = request({ port, host: "127.0.0.1", method: "POST" });
  client.on("error", () => {});
  return { client, handled: handled.promise };
}

test("the body comes whole, chunk by chunk, and then its end, however often that is asked for", async () => {
  const content = randomBytes(3_000_000);
  const hash = createHash("sha256");
  const { client, handled } = await openExchange(async (incoming) => {
    const source = new IncomingForm(incoming);
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      hash.update(value);
      freeChunk(value);
    }
    expect(await source.read()).toEqual({ done: true });
  });
  client.end(content);
  await handled;
  expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
});

test("what nobody asks for stays with the client", async () => {
  const { client, handled } = await openExchange(async (incoming) => {
    const source = new IncomingForm(incoming);
    const first = await source.read();
    expect(first.done).toBe(false);
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(incoming.readableLength).toBeLessThan(1_000_000);
    expect(incoming.readableEnded).toBe(false);
    await source.cancel();
  });
  client.write(randomBytes(20_000_000));
  await handled;
  client.destroy();
});

test("a read that waits ends when it is cancelled, and the rest can be read by others", async () => {
  const { client, handled } = await openExchange(async (incoming, response) => {
    const source = new IncomingForm(incoming);
    expect((await source.read()).value?.toString()).toBe("first");
    const waiting = source.read();
    await source.cancel();
    expect(await waiting).toEqual({ done: true });
    client.end("second");
    let rest = "";
    for await (const chunk of incoming) rest += String(chunk);
    expect(rest).toBe("second");
    response.end();
  });
  client.write("first");
  await handled;
});

test("a client that leaves breaks off what is read, also when it has left before", async () => {
  const { client, handled } = await openExchange(async (incoming) => {
    const source = new IncomingForm(incoming);
    await source.read();
    const waiting = source.read();
    client.destroy();
    await expect(waiting).rejects.toThrow();
    await expect(source.read()).rejects.toThrow();
    await expect(new IncomingForm(incoming).read()).rejects.toThrow();
  });
  client.write("first");
  await handled;
});

test("only a chunk that has a buffer of its own is freed", () => {
  const own = new Uint8Array(8);
  freeChunk(own);
  expect(own.byteLength).toBe(0);
  const shared = new Uint8Array(8);
  freeChunk(shared.subarray(0, 7));
  freeChunk(shared.subarray(1));
  expect(shared.byteLength).toBe(8);
});

test("a form whose chunks are freed has every byte of its file, wherever it looks like a boundary", async () => {
  const boundary = "xyz";
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The NUL keeps chance from completing a delimiter that the piece before has begun.
  const pieces = Array.from({ length: 400 }, (_, n) => [
    Buffer.concat([Buffer.alloc(1), randomBytes(1 + ((n * 7919) % 40_000))]),
    delimiter.subarray(0, n % delimiter.length),
  ]);
  const content = Buffer.concat(pieces.flat());
  const { client, handled } = await openExchange(async (incoming) => {
    const { default: busboy } = await import("@fastify/busboy");
    const { Dicer } = busboy as unknown as typeof import("@fastify/busboy");
    const hash = createHash("sha256");
    const reader = new FormReader(new Dicer({ boundary }), "file", async (chunks) => {
      let bytes = 0;
      for await (const chunk of chunks) {
        // Later than it came: what is freed too early is not there any more.
        await new Promise(setImmediate);
        hash.update(chunk);
        bytes += chunk.byteLength;
      }
      return bytes;
    });
    await reader.read(new IncomingForm(incoming), new AbortController().signal);
    expect(reader.fields.get("note")).toBe("n".repeat(10_000));
    expect(await reader.file?.received).toBe(content.byteLength);
    expect(hash.digest("hex")).toBe(createHash("sha256").update(content).digest("hex"));
  });
  const field = `--${boundary}\r\ncontent-disposition: form-data; name="note"\r\n\r\n${"n".repeat(10_000)}\r\n`;
  const file = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`;
  client.end(Buffer.concat([Buffer.from(field + file), content, Buffer.from(`\r\n--${boundary}--\r\n`)]));
  await handled;
});
