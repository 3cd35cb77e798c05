import { describeWith, type Envoy, openRawRequest, text } from "@gateway/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { post } from "../post.ts";
import { ask, type BehindEnvoy, errorOf, startBehindEnvoy } from "./behind-envoy.ts";
import { requestBodies, toHttpListener } from "./render-variant.ts";

const MiB = 1024 * 1024;
const limit = 8 * MiB;

/** A request of exactly this many bytes. */
function bodyOf(bytes: number): string {
  const bare = JSON.stringify({ ...ask, input: "" }).length;
  return JSON.stringify({ ...ask, input: "x".repeat(bytes - bare) });
}

/** The same bytes in pieces whose number is told to nobody beforehand. */
function inPieces(body: string, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= body.length) return controller.close();
      controller.enqueue(Buffer.from(body.slice(at, at + size)));
      at += size;
    },
  });
}

/** One chunk of a chunked body. */
function chunk(bytes: string): string {
  return `${Buffer.byteLength(bytes).toString(16)}\r\n${bytes}\r\n`;
}

const chunked = { "transfer-encoding": "chunked", "content-type": "application/json" };

describeWith("envoy", "a request body through Envoy", () => {
  let behind: BehindEnvoy;
  let envoy: Envoy;
  beforeAll(async () => {
    behind = await startBehindEnvoy({ requests: { max_body: limit } });
    envoy = await behind.openEnvoy();
  });
  afterAll(() => behind[Symbol.asyncDispose]());
  beforeEach(() => behind.backend.setDefault(text("fine")));

  /** The input as the backend was shown it last. */
  const seen = () => behind.backend.requests.at(-1)?.body.messages?.at(-1)?.content;

  test.each([
    ["a hundred bytes", 100],
    ["more than Envoy's buffer", 2 * MiB],
    ["just the limit", limit],
  ])("of %s arrives unharmed, whether its length is told or not", async (_size, bytes) => {
    const body = bodyOf(bytes);
    for (const sent of [body, inPieces(body, 50_000)]) {
      const response = await post(envoy.url(), sent);
      expect(response.status).toBe(200);
      await response.text();
      expect(seen() === JSON.parse(body).input).toBe(true);
    }
  });

  test("that comes byte by byte is read to its end", async () => {
    using raw = openRawRequest(`${envoy.url()}/v1/responses`, { method: "POST", headers: chunked });
    for (const byte of JSON.stringify(ask)) raw.write(chunk(byte));
    raw.write("0\r\n\r\n");
    await raw.waitFor("HTTP/1.1 200 ");
    await raw.waitFor('"status":"completed"');
  });

  test("may be followed by trailers", async () => {
    using raw = openRawRequest(`${envoy.url()}/v1/responses`, {
      method: "POST",
      headers: { ...chunked, trailer: "x-checksum" },
    });
    raw.write(`${chunk(JSON.stringify(ask))}0\r\nx-checksum: 1\r\n\r\n`);
    await raw.waitFor("HTTP/1.1 200 ");
    await raw.waitFor('"status":"completed"');
  });

  test.each<[string, Record<string, string>, string]>([
    ["content-length 0", { "content-length": "0" }, ""],
    ["no length at all", {}, ""],
    ["a chunked body of no chunks", chunked, "0\r\n\r\n"],
    ["a chunked body of no chunks, with trailers", { ...chunked, trailer: "x" }, "0\r\nx: 1\r\n\r\n"],
  ])("that is empty (%s) is a 400, and the next request is served", async (_how, headers, bytes) => {
    using raw = openRawRequest(`${envoy.url()}/v1/responses`, { method: "POST", headers });
    raw.write(bytes);
    await raw.waitFor("HTTP/1.1 400 ");
    await raw.waitFor("The request body is empty");
    expect((await post(envoy.url(), ask)).status).toBe(200);
  });

  test("that says it is too long is refused before it is sent", async () => {
    using raw = openRawRequest(`${envoy.url()}/v1/responses`, {
      method: "POST",
      headers: { "content-type": "application/json", "content-length": String(limit + 1) },
    });
    raw.write('{"model":');
    await raw.waitFor("HTTP/1.1 413 ");
    await raw.waitFor('"code":"request_too_large"');
  });

  test("that turns out too long is refused before it ends", async () => {
    using raw = openRawRequest(`${envoy.url()}/v1/responses`, { method: "POST", headers: chunked });
    const piece = chunk("x".repeat(64 * 1024));
    for (let sent = 0; sent <= limit; sent += 64 * 1024) raw.write(piece);
    // The last chunk was never sent.
    await raw.waitFor("HTTP/1.1 413 ");
    await raw.waitFor('"code":"request_too_large"');
  });

  test("that is too long by one byte gets its 413 also from a client that sends all of it first", async () => {
    for (const sent of [bodyOf(limit + 1), inPieces(bodyOf(limit + 1), 50_000)]) {
      const response = await post(envoy.url(), sent);
      expect(response.status).toBe(413);
      expect(await errorOf(response)).toMatchObject({
        type: "invalid_request_error",
        code: "request_too_large",
        message: expect.stringContaining(String(limit)),
      });
    }
  });

  test.each([
    ["by a little", limit + 1],
    ["by far", limit + 4 * MiB],
  ])("that Envoy has collected first is a 413, too, when it is too long %s", async (_by, bytes) => {
    const buffered = await behind.openEnvoy({
      listener: { per_connection_buffer_limit_bytes: 64 * MiB },
      filter: { processing_mode: requestBodies("BUFFERED") },
    });
    for (const sent of [bodyOf(bytes), inPieces(bodyOf(bytes), 50_000)]) {
      const response = await post(buffered.url(), sent);
      expect(response.status).toBe(413);
      expect(await errorOf(response)).toMatchObject({ code: "request_too_large" });
    }
    await buffered.stop();
  });

  test("that Envoy has collected in part is a 413 that names Envoy's limit", async () => {
    const partial = await behind.openEnvoy({
      listener: { per_connection_buffer_limit_bytes: 64 * 1024 },
      filter: { processing_mode: requestBodies("BUFFERED_PARTIAL") },
    });
    const response = await post(partial.url(), bodyOf(MiB));
    expect(response.status).toBe(413);
    const error = await errorOf(response);
    expect(error).toMatchObject({ type: "invalid_request_error", code: "request_too_large" });
    expect(error.message).toContain("per_connection_buffer_limit_bytes");
  });

  test("finds its way among many large ones", { timeout: 60_000 }, async () => {
    const bodies = Array.from({ length: 12 }, (_, n) => ({ ...ask, input: String(n).repeat(3 * MiB) }));
    const before = behind.backend.requests.length;
    const answers = await Promise.all(bodies.map((body) => post(envoy.url(), body)));
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200));
    const inputs = behind.backend.requests.slice(before).map(({ body }) => body.messages?.at(-1)?.content);
    expect(new Set(inputs)).toEqual(new Set(bodies.map(({ input }) => input)));
  });
});

describeWith("envoy", "a request body that does not come to its end", () => {
  test.each(["FULL_DUPLEX_STREAMED", "BUFFERED", "STREAMED"])(
    "is a 408 after receive_timeout, in %s",
    async (mode) => {
      await using behind = await startBehindEnvoy({ requests: { receive_timeout: "300ms" } });
      const envoy = await behind.openEnvoy({
        filter: { processing_mode: requestBodies(mode) },
        ...(mode === "STREAMED" && { route: toHttpListener }),
      });
      for (const headers of [chunked, { "content-length": "1000" }]) {
        using raw = openRawRequest(`${envoy.url()}/v1/responses`, { method: "POST", headers });
        raw.write(headers === chunked ? chunk('{"model":') : '{"model":');
        await raw.waitFor("HTTP/1.1 408 ");
        await raw.waitFor("The request took too long to arrive.");
      }
      expect(behind.backend.requests).toHaveLength(0);
    },
  );
});
