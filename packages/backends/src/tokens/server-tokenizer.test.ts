import {
  end,
  errorAnswer,
  gate,
  hang,
  json,
  type RecordedRequest,
  raw,
  type ScriptSource,
  startScriptedBackend,
} from "@gateway/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import type { ChatRequest } from "../chat-completions/chat-request.ts";
import { never } from "../testing/model-turn.ts";
import { scriptedRoom } from "../testing/scripted-room.ts";
import { ServerTokenizer } from "./server-tokenizer.ts";

const newLlama = "/v1/chat/completions/input_tokens";
const picture = {
  type: "image_url" as const,
  image_url: { url: "https://e.example/a.png", detail: "low" as const },
};
const request: ChatRequest = {
  model: "m",
  messages: [{ role: "user", content: "How many tokens are these?" }],
  tools: [{ type: "function", function: { name: "f", parameters: {} } }],
  stream: true,
  stream_options: { include_usage: true },
};

const room = scriptedRoom();
let now: number;
let asked: RecordedRequest[];

beforeEach(() => {
  now = 0;
  asked = [];
});

const open = (): ServerTokenizer => new ServerTokenizer(room.openUpstream(), "b", () => now);

/** Answers a path, and keeps what was asked there. */
function serve(path: string, script: ScriptSource): void {
  room.server.byPath(path, (seen) => {
    asked.push(seen);
    return typeof script === "function" ? script(seen) : script;
  });
}

const isProbe = ({ body }: RecordedRequest) => body.max_tokens === 1 || body.messages?.[0]?.content === "Hi";

describe("a server that counts", () => {
  test("is asked in the newer way of llama.cpp, with the request as it is", async () => {
    serve(newLlama, json({ object: "response.input_tokens", input_tokens: 46 }));
    expect(await open().count(request, never)).toEqual({ tokens: 46, exact: true });
    const { model, messages, tools } = request;
    expect(asked.at(-1)?.body).toEqual({ model, messages, tools });
  });

  test("is asked in the way of vLLM, beside /v1, without pictures, which are estimated", async () => {
    serve("/tokenize", json({ count: 30, max_model_len: 4096, tokens: [1, 2] }));
    const tokenizer = open();
    expect(await tokenizer.count(request, never)).toEqual({ tokens: 30, exact: true });
    const { model, messages, tools } = request;
    expect(asked.at(-1)?.body).toEqual({ model, messages, tools, add_generation_prompt: true });

    const text = { type: "text" as const, text: "What is this?" };
    const pictured: ChatRequest = { ...request, messages: [{ role: "user", content: [text, picture] }] };
    expect(await tokenizer.count(pictured, never)).toEqual({ tokens: 30 + 85, exact: false });
    expect(asked.at(-1)?.body.messages).toEqual([{ role: "user", content: [text] }]);
  });

  test("is asked in the older way of llama.cpp: the template first, then its tokens", async () => {
    serve("/apply-template", json({ prompt: "<user>How many" }));
    serve("/tokenize", ({ body }) => json({ tokens: body.content === undefined ? [] : [1, 2, 3] }));
    expect(await open().count(request, never)).toEqual({ tokens: 3, exact: true });
    expect(asked.at(-1)?.body).toEqual({ content: "<user>How many", add_special: true, parse_special: true });
  });

  test("is tried out once, also for calls at the same time", async () => {
    serve(newLlama, json({ input_tokens: 1 }));
    const tokenizer = open();
    await Promise.all([tokenizer.count(request, never), tokenizer.count(request, never)]);
    now += 3_600_000;
    await tokenizer.count(request, never);
    expect(asked.filter(isProbe)).toHaveLength(1);
    expect(asked).toHaveLength(4);
  });

  test("is tried out again once it does not answer that way any more", async () => {
    serve(newLlama, json({ input_tokens: 1 }));
    const tokenizer = open();
    await tokenizer.count(request, never);
    serve(newLlama, errorAnswer(404));
    serve("/tokenize", json({ count: 2 }));
    expect(await tokenizer.count(request, never)).toBeUndefined();
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 2 });
  });

  test("is tried out again when it was gone", async () => {
    serve(newLlama, json({ input_tokens: 1 }));
    const tokenizer = open();
    await tokenizer.count(request, never);
    const { port } = room.server;
    await room.server.stop();
    expect(await tokenizer.count(request, never)).toBeUndefined();
    await using later = await startScriptedBackend({ port });
    later.byPath("/tokenize", json({ count: 2 }));
    // The first try after the loss found nobody there.
    now += 10_000;
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 2 });
  });

  test.each([
    ["a request it refuses", errorAnswer(400, { message: "roles must alternate" })],
    ["a model it lacks", errorAnswer(404, { message: "The model `x` does not exist." })],
    ["its limit", errorAnswer(429)],
    ["trouble", errorAnswer(500)],
  ])("is not given up for %s", async (_, refusal) => {
    serve(newLlama, json({ input_tokens: 1 }));
    const tokenizer = open();
    await tokenizer.count(request, never);
    serve(newLlama, refusal);
    expect(await tokenizer.count(request, never)).toBeUndefined();
    serve(newLlama, json({ input_tokens: 5 }));
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 5 });
    expect(asked.filter(isProbe)).toHaveLength(1);
  });
});

describe("an answer that is made to be costly", () => {
  test("is not read to its end: the count that comes first is enough", async () => {
    const nested = "[".repeat(1024 * 1024);
    serve("/tokenize", [raw(`{"count":5,"x":${nested}`), end()]);
    expect(await open().count(request, never)).toEqual({ tokens: 5, exact: true });
  });
});

describe("a server that does not count", () => {
  test.each([
    ["says that there is nothing to count", json({ input_tokens: 0, count: 0, tokens: [] })],
    ["has no such address", errorAnswer(404)],
    ["knows no such method", errorAnswer(405)],
    ["has not built it", errorAnswer(501)],
    ["refuses", errorAnswer(400)],
    ["says something else", json({ ok: true })],
    ["says no number", json({ input_tokens: "many", count: -1, tokens: 3 })],
  ])("is left alone for some minutes: it %s", async (_, script) => {
    for (const path of [newLlama, "/tokenize", "/apply-template"]) serve(path, script);
    const tokenizer = open();
    expect(await tokenizer.count(request, never)).toBeUndefined();
    const tries = asked.length;
    expect(tries).toBe(3);
    now += 299_000;
    await tokenizer.count(request, never);
    expect(asked).toHaveLength(tries);
    now += 2_000;
    serve("/tokenize", json({ count: 2 }));
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 2 });
  });

  test.each([
    ["it is in trouble", errorAnswer(503)],
    ["it is at its limit", errorAnswer(429)],
    ["it lacks the model", errorAnswer(404, { message: "The model `m` does not exist.", param: "model" })],
  ])("is asked again soon where nothing can be told from that: %s", async (_, script) => {
    serve(newLlama, script);
    const tokenizer = open();
    expect(await tokenizer.count(request, never)).toBeUndefined();
    now += 10_000;
    serve(newLlama, json({ input_tokens: 5 }));
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 5 });
  });

  test("holds a request up for two seconds at most, and then no more", async () => {
    serve(newLlama, hang());
    const tokenizer = open();
    expect(await tokenizer.count(request, never)).toBeUndefined();
    expect(await tokenizer.count(request, never)).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  test("or takes too long for it once is done without for ten seconds", async () => {
    serve(newLlama, json({ input_tokens: 1 }));
    const tokenizer = open();
    await tokenizer.count(request, never);
    serve(newLlama, hang());
    expect(await tokenizer.count(request, never)).toBeUndefined();
    serve(newLlama, json({ input_tokens: 5 }));
    expect(await tokenizer.count(request, never)).toBeUndefined();
    now += 10_000;
    expect(await tokenizer.count(request, never)).toMatchObject({ tokens: 5 });
  });

  test("does not hold up a caller who leaves, nor is the answer lost for the others", async () => {
    const pause = gate();
    serve(newLlama, [pause, json({ input_tokens: 5 })]);
    const tokenizer = open();
    const abort = new AbortController();
    const left = tokenizer.count(request, abort.signal);
    const stays = tokenizer.count(request, never);
    await pause.reached;
    abort.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    pause.open();
    expect(await stays).toMatchObject({ tokens: 5 });
  });
});
