import type { ModelBackend, ModelDelta } from "@gateway/engine";
import {
  contentChunk,
  cut,
  done,
  errorAnswer,
  errorChunk,
  finishChunk,
  gate,
  hang,
  json,
  llamaCppStyle,
  ollamaStyle,
  raw,
  roleChunk,
  status,
  text,
  usageChunk,
  vllmStyle,
} from "@gateway/testkit";
import { describe, expect, test } from "vitest";
import { never, readAll, readTurn, textOf, turnOf, user } from "../testing/model-turn.ts";
import { scriptedRoom } from "../testing/scripted-room.ts";
import { openChatBackend } from "./backend.ts";

const room = scriptedRoom();
const { open } = room;
const turn = turnOf([user("Hi")]);
const ask = (backend: ModelBackend, signal?: AbortSignal) => readTurn(backend, turn, signal);

describe("an answer", () => {
  test("is asked for with the key and read to its end", async () => {
    room.server.enqueue(text("one two three"));
    const deltas = await ask(open({ key: "sk-1", headers: { "x-team": "t" } }));
    expect(textOf(deltas)).toBe("one two three");
    expect(deltas.at(-1)).toEqual({ kind: "finish", reason: "stop" });
    const [request] = room.server.requests;
    expect(request).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      body: { model: "m", stream: true },
    });
    expect(request?.headers).toMatchObject({
      authorization: "Bearer sk-1",
      "x-team": "t",
      "content-type": "application/json",
    });
  });

  test("comes in batches, one for each read, before it is complete", async () => {
    const pause = gate();
    room.server.enqueue(
      roleChunk(),
      contentChunk("Hel"),
      pause,
      contentChunk("lo"),
      finishChunk("stop"),
      done(),
    );
    const stream = (await open().open(turn, never))[Symbol.asyncIterator]();
    expect((await stream.next()).value).toEqual([{ kind: "text", text: "Hel" }]);
    pause.open();
    expect((await stream.next()).value?.[0]).toEqual({ kind: "text", text: "lo" });
  });

  test("has begun when the status is there, before the first token", async () => {
    const pause = gate();
    room.server.enqueue(status(200), pause, text("late"));
    const stream = await open().open(turn, never);
    pause.open();
    expect(textOf(await readAll(stream))).toBe("late");
  });

  test.each([
    ["Ollama", ollamaStyle],
    ["llama.cpp", llamaCppStyle],
    ["vLLM", vllmStyle],
  ])("in the style of %s is understood", async (_, style) => {
    room.server.enqueue(
      style({ reasoning: "think hard", text: "The answer", toolCalls: [{ name: "f", arguments: { a: 1 } }] }),
    );
    const deltas = await ask(open());
    expect(textOf(deltas)).toBe("The answer");
    expect(deltas.find(({ kind }) => kind === "call")).toMatchObject({ name: "f" });
    expect(deltas.map((delta) => (delta.kind === "arguments" ? delta.text : "")).join("")).toBe('{"a":1}');
    expect(deltas.slice(-2)).toMatchObject([{ kind: "usage" }, { kind: "finish", reason: "tool_calls" }]);
  });

  test("that comes whole, although a stream was asked for, is read too", async () => {
    const message = { role: "assistant", content: "whole" };
    room.server.enqueue(json({ choices: [{ index: 0, message, finish_reason: "stop" }] }));
    expect(textOf(await ask(open()))).toBe("whole");
  });

  test("leaves its connection for the next one", async () => {
    room.server.setDefault(text("x"));
    const backend = open();
    for (let n = 0; n < 5; n++) await ask(backend);
    // One that is just being given back may not be free yet for a caller who asks again at once.
    expect(room.server.connections).toBeLessThanOrEqual(2);
  });

  test("that does not end behind its end mark is let go", async () => {
    room.server.enqueue(text("x"), hang());
    expect(textOf(await ask(open()))).toBe("x");
    await room.server.requests[0]?.whenAborted;
  });

  test("without an end mark is complete with its finish reason", async () => {
    room.server.enqueue(contentChunk("x"), finishChunk("stop"), usageChunk({ prompt: 1, completion: 1 }));
    expect((await ask(open())).map(({ kind }) => kind)).toEqual(["text", "usage", "finish"]);
  });

  test("whose connection breaks behind the finish reason is complete", async () => {
    room.server.enqueue(contentChunk("x"), finishChunk("stop"), cut({ reset: true }));
    expect((await ask(open())).map(({ kind }) => kind)).toEqual(["text", "finish"]);
  });

  test("goes with the query of the address, and with its user and password", async () => {
    room.server.enqueue(text("x"));
    const { port } = room.server;
    await ask(open({ url: `http://user:p%40ss@127.0.0.1:${port}/deep/v1/?api-version=7` }));
    expect(room.server.requests[0]?.path).toBe("/deep/v1/chat/completions?api-version=7");
    expect(room.server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("user:p@ss").toString("base64")}`,
    );
  });
});

describe("what a server says of its limits", () => {
  const limits = { "x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "59" };

  test("is told before the answer begins", async () => {
    room.server.enqueue(status(200, { ...limits, "x-request-id": "theirs" }), text("x"));
    const told: object[] = [];
    const stream = await open().open({ ...turn, onLimits: (said) => void told.push(said) }, never);
    expect(told).toEqual([limits]);
    await readAll(stream);
    expect(told).toEqual([limits]);
  });

  test("is not told where it says nothing, and goes with its error where it refuses", async () => {
    const told: object[] = [];
    const listening = { ...turn, onLimits: (said: object) => void told.push(said) };
    room.server.enqueue(text("x"));
    await readTurn(open(), listening);
    room.server.enqueue(errorAnswer(429, {}, { ...limits, "retry-after-ms": "1500" }));
    await expect(readTurn(open(), listening)).rejects.toMatchObject({
      status: 429,
      retryAfter: 2,
      headers: { ...limits, "retry-after-ms": "1500" },
    });
    expect(told).toEqual([]);
  });
});

describe("a status that is not good", () => {
  test("429 keeps its wait", async () => {
    room.server.enqueue(errorAnswer(429, { message: "slow" }, { "retry-after": "7" }));
    await expect(ask(open())).rejects.toMatchObject({ status: 429, retryAfter: 7, message: "slow" });
  });

  test("400 keeps its message", async () => {
    room.server.enqueue(errorAnswer(400, { message: "bad", code: "invalid_value" }));
    await expect(ask(open())).rejects.toMatchObject({ status: 400, code: "invalid_value", message: "bad" });
  });

  test("404 names the model", async () => {
    room.server.enqueue(errorAnswer(404, { message: "model 'm' not found" }));
    await expect(ask(open())).rejects.toMatchObject({ status: 404, code: "model_not_found", param: "model" });
  });

  test("401 is not the client's fault, and shows no key", async () => {
    room.server.enqueue(errorAnswer(401, { message: "Incorrect API key: sk-very-secret" }));
    const error = await ask(open({ key: "sk-very-secret" })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 500, code: "upstream_auth" });
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain("sk-very-secret");
  });

  test("a redirect is not followed", async () => {
    room.server.enqueue(status(307, { location: `${room.server.url}/elsewhere` }), json({}));
    await expect(ask(open())).rejects.toMatchObject({ status: 500, code: "upstream_misconfigured" });
    expect(room.server.requests).toHaveLength(1);
  });

  test("counts, even when its body breaks off or never ends", async () => {
    room.server.enqueue(status(503), raw("{"), cut());
    await expect(ask(open())).rejects.toMatchObject({ status: 500, code: "upstream_error" });
    room.server.enqueue(status(503), raw("x".repeat(100_000)), hang());
    await expect(ask(open())).rejects.toMatchObject({ status: 500, code: "upstream_error" });
  });

  test("leaves its connection for the next one", async () => {
    room.server.setDefault(errorAnswer(400));
    const backend = open();
    for (let n = 0; n < 5; n++) await ask(backend).catch(() => {});
    // One that is just being given back may not be free yet for a caller who asks again at once.
    expect(room.server.connections).toBeLessThanOrEqual(2);
  });
});

describe("a broken answer", () => {
  test.each([
    ["that is cut", [contentChunk("x"), cut()], "upstream_cut"],
    ["whose connection is reset", [contentChunk("x"), cut({ reset: true })], "upstream_cut"],
    ["that ends too early", [contentChunk("x")], "upstream_cut"],
    ["with an error in it", [contentChunk("x"), errorChunk("boom")], "upstream_error"],
    ["with garbage in it", [contentChunk("x"), raw("data: {oops\n\n")], "upstream_garbage"],
  ])("%s is an error behind what came before", async (_, script, code) => {
    room.server.enqueue(script);
    const seen: ModelDelta[] = [];
    const read = async () => {
      for await (const deltas of await open().open(turn, never)) seen.push(...deltas);
    };
    await expect(read()).rejects.toMatchObject({ status: 500, code });
    expect(textOf(seen)).toBe("x");
  });

  test("with garbage ends the call at the server", async () => {
    room.server.enqueue(raw("data: {oops\n\n"), hang());
    await expect(ask(open())).rejects.toMatchObject({ code: "upstream_garbage" });
    await room.server.requests[0]?.whenAborted;
  });

  test("that is a web page says that the address is wrong", async () => {
    room.server.enqueue(status(200, { "content-type": "text/html" }), raw("<html>"));
    await expect(ask(open())).rejects.toMatchObject({
      code: "upstream_garbage",
      message: expect.stringContaining("web page"),
    });
  });
});

describe("a server that is not there or slow", () => {
  test("that refuses connections is unreachable", async () => {
    const { url } = room.server;
    await room.server.stop();
    await expect(ask(open({ url }))).rejects.toMatchObject({
      status: 500,
      code: "upstream_unreachable",
      message: "The backend 'b' cannot be reached (ECONNREFUSED).",
    });
  });

  test("whose name is unknown is unreachable", async () => {
    await expect(ask(open({ url: "http://no-such-host.invalid/v1" }))).rejects.toMatchObject({
      code: "upstream_unreachable",
    });
  });

  test("that never answers is given up, and its connection closed", async () => {
    room.server.enqueue(hang());
    await expect(ask(open({ timeouts: { firstByte: 50 } }))).rejects.toMatchObject({
      status: 500,
      code: "upstream_timeout",
    });
    await room.server.requests[0]?.whenAborted;
  });

  test("that sends headers and then nothing is given up", async () => {
    room.server.enqueue(status(200), hang());
    await expect(ask(open({ timeouts: { firstByte: 50 } }))).rejects.toMatchObject({
      code: "upstream_timeout",
    });
    await room.server.requests[0]?.whenAborted;
  });

  test("that falls silent in its answer is given up", async () => {
    room.server.enqueue(contentChunk("x"), hang());
    await expect(ask(open({ timeouts: { idle: 50 } }))).rejects.toMatchObject({ code: "upstream_timeout" });
    await room.server.requests[0]?.whenAborted;
  });

  test("that takes too long in all is given up", async () => {
    room.server.enqueue(contentChunk("x"), hang());
    await expect(ask(open({ timeouts: { total: 80 } }))).rejects.toMatchObject({
      message: "The backend 'b' was not done after 0.08 s.",
    });
  });
});

describe("a caller who leaves", () => {
  test("before the answer ends the call at the server at once", async () => {
    room.server.enqueue(hang());
    const abort = new AbortController();
    const seen = expect(ask(open(), abort.signal)).rejects.toBe("left");
    const request = await room.server.waitForRequest(1);
    abort.abort("left");
    await seen;
    await request.whenAborted;
  });

  test("in the middle of the answer ends the call at the server at once", async () => {
    room.server.enqueue(contentChunk("x"), hang());
    const abort = new AbortController();
    const stream = (await open().open(turn, abort.signal))[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next();
    abort.abort("left");
    await expect(next).rejects.toBe("left");
    await room.server.requests[0]?.whenAborted;
  });

  test("by returning from the stream ends it too, even before it was read", async () => {
    room.server.setDefault([contentChunk("x"), hang()]);
    const stream = (await open().open(turn, never))[Symbol.asyncIterator]();
    await stream.return?.();
    await (await room.server.waitForRequest(1)).whenAborted;
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("before anything was sent sends nothing", async () => {
    await expect(open().open(turn, AbortSignal.abort("left"))).rejects.toBe("left");
    expect(room.server.requests).toHaveLength(0);
  });
});

describe("a failure before the answer", () => {
  test("is tried again", async () => {
    room.server.enqueue(errorAnswer(503));
    room.server.enqueue(text("second"));
    expect(textOf(await ask(open({ retry: { attempts: 2 } })))).toBe("second");
    expect(room.server.requests.map(({ text: body }) => body)).toEqual([
      room.server.requests[0]?.text,
      room.server.requests[0]?.text,
    ]);
  });

  test("of the kind that is not to be tried again is thrown", async () => {
    room.server.enqueue(errorAnswer(503));
    await expect(ask(open({ retry: { attempts: 2, on: ["connect"] } }))).rejects.toMatchObject({
      code: "upstream_error",
    });
  });

  test("in the middle of the answer is not", async () => {
    room.server.enqueue(contentChunk("x"), cut());
    await expect(ask(open({ retry: { attempts: 3 } }))).rejects.toMatchObject({ code: "upstream_cut" });
    expect(room.server.requests).toHaveLength(1);
  });
});

describe("models", () => {
  const list = (backend: ModelBackend) => backend.listModels(never);

  test("are listed", async () => {
    room.server.setModels(["one", "two"]);
    expect((await list(open())).map(({ id }) => id)).toEqual(["one", "two"]);
  });

  test("that cannot be listed are an error", async () => {
    room.server.setModelsScript(json({ nothing: true }));
    await expect(list(open())).rejects.toMatchObject({ code: "upstream_garbage" });
    room.server.setModelsScript(errorAnswer(404, { message: "no such model route" }));
    await expect(list(open())).rejects.toMatchObject({ code: "upstream_misconfigured" });
  });
});

test("an address that is none of http is refused at once", () => {
  expect(() => openChatBackend({ name: "b", url: "ftp://x/v1" })).toThrowError(
    "The url of the backend 'b' must begin with http:// or https://.",
  );
});

test("a fault of the request is found before anything is sent", async () => {
  await expect(open().open(turnOf([user([{ type: "input_image" }])]), never)).rejects.toMatchObject({
    status: 422,
    param: "input",
  });
  expect(room.server.requests).toHaveLength(0);
});

describe("a count of tokens", () => {
  test("is the server's own where it counts", async () => {
    room.server.byPath("/tokenize", json({ count: 12 }));
    expect(await open().countTokens(turn, never)).toEqual({ tokens: 12, exact: true });
  });

  test("is an estimate where it does not", async () => {
    expect(await open().countTokens(turn, never)).toEqual({ tokens: 4 + 1 + 3, exact: false });
    expect(room.server.requests).toEqual([]);
  });

  test("is an estimate where the server cannot be reached", async () => {
    const backend = open();
    await room.server.stop();
    expect(await backend.countTokens(turn, never)).toMatchObject({ exact: false });
  });

  test("is not asked of services that are known to have none", async () => {
    const backend = open({ dialect: { mayCountTokens: false } });
    room.server.byPath("/tokenize", json({ count: 12 }));
    expect(await backend.countTokens(turn, never)).toMatchObject({ exact: false });
  });

  test("is not made of what cannot be sent, nor for a caller who has left", async () => {
    const wrong = turnOf([user([{ type: "input_image" }])]);
    await expect(open().countTokens(wrong, never)).rejects.toMatchObject({
      status: 422,
    });
    await expect(open().countTokens(turn, AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  });
});

test("the context window is what the list of models says", async () => {
  room.server.setModelsScript(json({ data: [{ id: "m", object: "model", max_model_len: 8192 }] }));
  expect(await open().contextWindow("m", never)).toBe(8192);
  expect(await open().contextWindow("n", never)).toBeUndefined();
});
