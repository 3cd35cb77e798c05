import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRawRequest, type RawExchange } from "../raw-http.ts";
import { type ScriptedBackend, startScriptedBackend } from "../scripted-backend.ts";
import { contentChunk, errorChunk, finishChunk, roleChunk } from "./chunks.ts";
import {
  cut,
  delay,
  done,
  end,
  errorAnswer,
  gate,
  json,
  raw,
  type Script,
  status,
  together,
} from "./steps.ts";

let backend: ScriptedBackend;

beforeEach(async () => {
  backend = await startScriptedBackend();
});

afterEach(() => backend.stop());

/** Sends one request over a connection that closes after the answer. */
function call(script: Script, stream = true): RawExchange {
  backend.enqueue(script);
  const headers = { connection: "close" };
  return openRawRequest(`${backend.url}/chat/completions`, { headers, body: { model: "m", stream } });
}

/** The whole answer, as it was on the wire. */
async function answerOf(
  script: Script,
  stream = true,
): Promise<{ head: string; body: string; closed: string }> {
  using exchange = call(script, stream);
  const closed = await exchange.closed;
  const [head = "", body = ""] = exchange.received().split(/\r\n\r\n(.*)/s);
  return { head, body, closed };
}

/** Undoes the chunked transfer encoding as far as it came. */
function unchunk(body: string): { text: string; complete: boolean } {
  let text = "";
  let rest = body;
  for (;;) {
    const size = /^([0-9a-f]+)\r\n/.exec(rest);
    if (size === null) return { text, complete: false };
    const length = Number.parseInt(size[1] ?? "", 16);
    if (length === 0) return { text, complete: true };
    text += rest.slice(size[0].length, size[0].length + length);
    rest = rest.slice(size[0].length + length + 2);
  }
}

describe("status, headers and JSON", () => {
  test("an error answer has its status, headers, length and body", async () => {
    const script = errorAnswer(
      429,
      { message: "Slow down.", code: "rate_limit_exceeded" },
      { "retry-after": "7" },
    );
    const { head, body } = await answerOf(script);
    expect(head).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n/);
    expect(head).toMatch(/^retry-after: 7$/m);
    expect(head).toMatch(/^content-type: application\/json$/m);
    expect(head).toMatch(new RegExp(`^content-length: ${body.length}$`, "m"));
    expect(JSON.parse(body)).toEqual({
      error: { message: "Slow down.", type: "scripted_error", param: null, code: "rate_limit_exceeded" },
    });
  });

  test("any JSON is sent as it stands, under any content type", async () => {
    const { head, body } = await answerOf([
      status(200, { "content-type": "application/problem+json" }),
      json([1, null]),
    ]);
    expect(head).toMatch(/^content-type: application\/problem\+json$/m);
    expect(body).toBe("[1,null]");
  });

  test("a status alone is an answer without a body", async () => {
    const { head, body } = await answerOf([status(204), end()]);
    expect(head).toMatch(/^HTTP\/1\.1 204 No Content\r\n/);
    expect(body).toBe("");
  });

  test("the status line of a script goes out before it waits, and not without one", async () => {
    const [first, second] = [gate(), gate()];
    using exchange = call([first, status(200), second, contentChunk("x")]);
    await first.reached;
    expect(exchange.received()).toBe("");
    first.open();
    await exchange.waitFor("\r\n\r\n");
    expect(exchange.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*content-type: text\/event-stream\r\n/);
    expect(exchange.received()).not.toContain("data:");
    second.open();
    await exchange.waitFor('"content":"x"');
  });
});

describe("chunks", () => {
  test("are completed with id, object, created and model unless they name their own", async () => {
    const { body } = await answerOf([
      roleChunk(),
      { ...contentChunk("x"), id: "own", model: "other" },
      done(),
    ]);
    const [first, second, last] = unchunk(body).text.split("\n\n");
    expect(JSON.parse(first?.slice("data: ".length) ?? "")).toEqual({
      id: "chatcmpl-scripted-1",
      object: "chat.completion.chunk",
      created: expect.any(Number),
      model: "m",
      choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }],
    });
    expect(JSON.parse(second?.slice("data: ".length) ?? "")).toMatchObject({ id: "own", model: "other" });
    expect(last).toBe("data: [DONE]");
  });

  test("together travel in one write, apart in one each", async () => {
    const sizes = (body: string) => body.match(/^[0-9a-f]+(?=\r$)/gm)?.length;
    const pieces = [contentChunk("a"), contentChunk("b"), contentChunk("c")];
    expect(sizes((await answerOf(together(...pieces))).body)).toBe(2);
    expect(sizes((await answerOf(pieces)).body)).toBe(4);
  });

  test("arrive one by one while a gate holds the rest", async () => {
    const hold = gate();
    using exchange = call([contentChunk("before"), hold, contentChunk("after")]);
    await exchange.waitFor("before");
    await hold.reached;
    expect(exchange.received()).not.toContain("after");
    hold.open();
    await exchange.waitFor("after");
  });

  test("wait for a promise of the test, or for a time", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hold = gate(promise);
    using exchange = call([contentChunk("before"), hold, delay(5), contentChunk("after")]);
    await hold.reached;
    expect(exchange.received()).not.toContain("after");
    resolve();
    await exchange.waitFor("after");
  });

  test("an error in mid-stream is a chunk of its own", async () => {
    const { body } = await answerOf([contentChunk("x"), errorChunk("CUDA out of memory", { code: 500 })]);
    expect(unchunk(body).text.split("\n\n")[1]).toBe(
      'data: {"error":{"message":"CUDA out of memory","code":500}}',
    );
  });

  test("an error without a stream takes the place of the answer", async () => {
    const { head, body } = await answerOf(
      [contentChunk("x"), errorChunk("overloaded", { code: 503 })],
      false,
    );
    expect(head).toMatch(/^HTTP\/1\.1 503 /);
    expect(JSON.parse(body)).toEqual({ error: { message: "overloaded", code: 503 } });
  });
});

describe("raw bytes", () => {
  test("are written as given: split frames, CRLF, comments, garbage, no [DONE]", async () => {
    const parts = [": hi\r\n\r\n", 'data: {"cho', 'ices":[]}\r\n\r\n', "data: {nonsense\n\n", "\u0000\u00ff"];
    const { head, body, closed } = await answerOf(parts.map((part) => raw(part)));
    expect(head).toMatch(/^content-type: text\/event-stream$/m);
    expect(unchunk(body)).toEqual({
      text: Buffer.from(parts.join(""), "utf8").toString("latin1"),
      complete: true,
    });
    expect(closed).toBe("end");
  });

  test("may cut a character in two", async () => {
    const [first, second] = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac)];
    const hold = gate();
    using exchange = call([raw(first), hold, raw(second)]);
    await exchange.waitFor("\u00e2\u0082");
    expect(exchange.received()).not.toContain("\u00ac");
    hold.open();
    await exchange.waitFor("\u00ac");
  });
});

describe("cutting the connection", () => {
  test("after some chunks: they arrive, and the answer stays without an end", async () => {
    const { body } = await answerOf([roleChunk(), contentChunk("Hel"), cut(), contentChunk("never")]);
    const { text, complete } = unchunk(body);
    expect(text).toContain('"content":"Hel"');
    expect(text).not.toContain("never");
    expect(complete).toBe(false);
    expect(backend.requests[0]).toMatchObject({ state: "cut", aborted: false });
  });

  test("before the first byte: no status line at all", async () => {
    expect(await answerOf(cut())).toMatchObject({ head: "", body: "" });
    expect(await answerOf(cut(), false)).toMatchObject({ head: "", body: "" });
  });

  test("by a reset, which the caller sees as one", async () => {
    const hold = gate();
    using exchange = call([contentChunk("x"), hold, cut({ reset: true })]);
    await exchange.waitFor('"content":"x"');
    hold.open();
    expect(await exchange.closed).toBe("reset");
  });

  test("by a plain end in the middle of the answer, which HTTP takes for complete", async () => {
    const { body, closed } = await answerOf([contentChunk("x"), end(), finishChunk("stop")]);
    expect(unchunk(body).complete).toBe(true);
    expect(unchunk(body).text).not.toContain("stop");
    expect(closed).toBe("end");
  });
});
