import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRawRequest } from "./raw-http.ts";
import { contentChunk, finishChunk, roleChunk } from "./scripted/chunks.ts";
import { text } from "./scripted/presets.ts";
import { done, errorAnswer, gate, hang, json } from "./scripted/steps.ts";
import { type ScriptedBackend, startScriptedBackend } from "./scripted-backend.ts";
import { collectSse } from "./sse.ts";
import { waitFor } from "./wait-for.ts";

let backend: ScriptedBackend;

beforeEach(async () => {
  backend = await startScriptedBackend();
});

afterEach(() => backend.stop());

async function post(body: object, init: RequestInit = {}): Promise<Response> {
  const headers = { "content-type": "application/json", "x-trace": "t1" };
  return fetch(`${backend.url}/chat/completions`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    ...init,
  });
}

/** The text of a streamed answer. */
async function readText(response: Response): Promise<string> {
  const events = await collectSse(response);
  const chunks = events.filter(({ data }) => data !== "[DONE]").map(({ data }) => JSON.parse(data));
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
}

describe("choosing the answer", () => {
  test("requests take the queue in order, then the default", async () => {
    backend.enqueue(text("first"));
    backend.enqueue(text("second"));
    backend.setDefault(text("default"));
    const answers = [];
    for (let n = 0; n < 4; n += 1) answers.push(await readText(await post({ stream: true })));
    expect(answers).toEqual(["first", "second", "default", "default"]);
  });

  test("answers for a model come before the queue, the last one repeats", async () => {
    backend.byModel("small", errorAnswer(503), text("small"));
    backend.enqueue(text("queued"));
    expect((await post({ model: "small" })).status).toBe(503);
    expect(await readText(await post({ model: "small", stream: true }))).toBe("small");
    expect(await readText(await post({ model: "large", stream: true }))).toBe("queued");
    expect(await readText(await post({ model: "small", stream: true }))).toBe("small");
  });

  test("a path has an answer of its own, beside queue and journal; counting is not there without one", async () => {
    backend.enqueue(text("queued"));
    const tokenize = () => fetch(backend.url.replace("/v1", "/tokenize"), { method: "POST", body: "{}" });
    expect((await tokenize()).status).toBe(404);
    backend.byPath("/tokenize", ({ path }) => json({ path }));
    expect(await (await tokenize()).json()).toEqual({ path: "/tokenize" });
    expect(backend.requests).toEqual([]);
    expect(await readText(await post({ stream: true }))).toBe("queued");
  });

  test("a script may be written after the request was seen", async () => {
    backend.setDefault(({ body }) => text(`you said ${body.messages?.[0]?.content}`));
    const answer = await post({ stream: true, messages: [{ role: "user", content: "apple" }] });
    expect(await readText(answer)).toBe("you said apple");
  });

  test("a request that no script is left for is told so", async () => {
    const answer = await post({ model: "m" });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      error: {
        code: "no_script",
        message: "No script is left for request 1 (POST /v1/chat/completions, model m).",
      },
    });
  });

  test("without a stream the same script gives one chat.completion object", async () => {
    backend.setDefault(text("Hello world", { usage: { prompt: 3, completion: 2, cached: 1 } }));
    const client = new OpenAI({ baseURL: backend.url, apiKey: "k", maxRetries: 0 });
    const completion = await client.chat.completions.create({
      model: "m",
      messages: [{ role: "user", content: "hi" }],
    });
    expect(completion).toMatchObject({
      id: "chatcmpl-scripted-1",
      object: "chat.completion",
      model: "m",
      choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "Hello world" } }],
      usage: {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        prompt_tokens_details: { cached_tokens: 1 },
      },
    });
  });
});

describe("the journal", () => {
  test("keeps method, path, headers and body of every request", async () => {
    backend.setDefault(text("ok"));
    await (await post({ model: "m", messages: [] })).json();
    await fetch(`${backend.url}/embeddings?x=1`, { method: "POST", body: "no json" }).then((answer) =>
      answer.text(),
    );
    const [first, second] = backend.requests;
    expect(first).toMatchObject({
      number: 1,
      method: "POST",
      path: "/v1/chat/completions",
      body: { model: "m", messages: [] },
    });
    expect(first?.headers["x-trace"]).toBe("t1");
    expect(second).toMatchObject({ number: 2, path: "/v1/embeddings?x=1", text: "no json", body: {} });
    await second?.whenEnded;
    expect(first).toMatchObject({ state: "answered", aborted: false });
    const { received, began, ended } = first?.at ?? { received: Number.NaN };
    expect(received).toBeLessThanOrEqual(began ?? Number.NaN);
    expect(began).toBeLessThanOrEqual(ended ?? Number.NaN);
  });

  test("waits for the n-th request, and says how many came when it does not", async () => {
    backend.setDefault(hang());
    const abort = new AbortController();
    const calls = [1, 2].map((n) => post({ n }, { signal: abort.signal }).catch(() => "aborted"));
    expect((await backend.waitForRequest(2)).number).toBe(2);
    await expect(backend.waitForRequest(3, 20)).rejects.toThrow("waiting for request 3");
    abort.abort();
    await Promise.all(calls);
  });

  test("notices that the caller hung up, and counts who is still being answered", async () => {
    backend.enqueue(roleChunk(), contentChunk("Hel"), hang());
    const abort = new AbortController();
    const answer = await post({ stream: true }, { signal: abort.signal });
    const request = await backend.waitForRequest(1);
    expect(backend.activeRequests).toBe(1);
    expect(request).toMatchObject({ state: "open", aborted: false });

    abort.abort();
    await expect(answer.text()).rejects.toThrow();
    await request.whenAborted;
    expect(request).toMatchObject({ state: "aborted", aborted: true });
    await waitFor(() => backend.activeRequests === 0, { what: "the answer to be over" });
  });

  test("a script stops at the step where its caller hung up", async () => {
    const [before, after] = [gate(), gate()];
    let reached = false;
    void after.reached.then(() => {
      reached = true;
    });
    backend.enqueue(roleChunk(), before, contentChunk("x"), after);
    const abort = new AbortController();
    const answer = await post({ stream: true }, { signal: abort.signal });
    await before.reached;
    abort.abort();
    await expect(answer.text()).rejects.toThrow();
    const request = await backend.waitForRequest(1);
    await request.whenAborted;
    before.open();
    await waitFor(() => backend.activeRequests === 0, { what: "the script to end" });
    expect(reached).toBe(false);
  });

  test("can be left out for runs under load", async () => {
    await using quiet = await startScriptedBackend({ journal: false });
    quiet.setDefault(text("ok"));
    const answer = await fetch(`${quiet.url}/chat/completions`, { method: "POST", body: '{"stream":true}' });
    expect(await readText(answer)).toBe("ok");
    expect(quiet.requests).toEqual([]);
  });
});

describe("GET /v1/models", () => {
  const names = async (): Promise<string[]> => {
    const { data } = (await (await fetch(`${backend.url}/models`)).json()) as { data: { id: string }[] };
    return data.map(({ id }) => id);
  };

  test("gives the list, which can be set, and stays out of the journal", async () => {
    expect(await names()).toEqual(["scripted"]);
    backend.setModels(["a", "b"]);
    expect(await names()).toEqual(["a", "b"]);
    expect(backend.requests).toEqual([]);
    expect(backend.modelsRequests).toBe(2);
  });

  test("can be made to fail and to recover", async () => {
    backend.setModelsScript(errorAnswer(500));
    expect((await fetch(`${backend.url}/models`)).status).toBe(500);
    backend.setModelsScript(undefined);
    expect(await names()).toEqual(["scripted"]);
  });
});

describe("stopping", () => {
  test("ends answers that hang, closes the port, and the port can be taken again", async () => {
    backend.setDefault([roleChunk(), hang()]);
    const answer = await post({ stream: true });
    await backend.stop();
    await backend.stop();
    await expect(answer.text()).rejects.toThrow();
    expect(backend.requests[0]).toMatchObject({ state: "cut", aborted: false });
    await expect(post({})).rejects.toThrow("fetch failed");

    await using again = await startScriptedBackend({ port: backend.port });
    again.setDefault([roleChunk(), contentChunk("back"), finishChunk("stop"), done()]);
    expect(again.url).toBe(backend.url);
    expect(await readText(await post({ stream: true }))).toBe("back");
  });

  test("counts connections, so that tests can see them reused", async () => {
    backend.enqueue(text("one"));
    backend.enqueue(text("two"));
    backend.enqueue(text("three"));
    using first = openRawRequest(`${backend.url}/chat/completions`, { body: {} });
    await first.waitFor('"content":"one"');
    first.write("POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}");
    await first.waitFor('"content":"two"');
    expect(backend.connections).toBe(1);
    using second = openRawRequest(`${backend.url}/chat/completions`, { body: {} });
    await second.waitFor('"content":"three"');
    expect(backend.connections).toBe(2);
  });
});
