import { errorAnswer, hang, json, type ScriptedBackend, startScriptedBackend } from "@gateway/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultTimeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";
import { ServerFacts } from "./server-facts.ts";

const never = new AbortController().signal;
let server: ScriptedBackend;
let upstream: Upstream;
let now: number;
let facts: ServerFacts;

beforeEach(async () => {
  server = await startScriptedBackend();
  upstream = new Upstream({ name: "b", url: server.url, timeouts: defaultTimeouts });
  now = 0;
  facts = new ServerFacts(upstream, () => now);
});

afterEach(async () => {
  await upstream.close();
  await server.stop();
});

const list = (...data: object[]) => json({ object: "list", data });

test("the list of models is read once a minute, also for calls at the same time", async () => {
  server.setModelsScript(list({ id: "m", max_model_len: 4096 }, { id: "n" }));
  expect(await Promise.all([facts.contextWindow("m", never), facts.contextWindow("n", never)])).toEqual([
    4096,
    undefined,
  ]);
  expect(server.modelsRequests).toBe(1);
  server.setModelsScript(list({ id: "m", max_model_len: 8192 }));
  expect(await facts.contextWindow("m", never)).toBe(4096);
  now += 60_000;
  expect(await facts.contextWindow("m", never)).toBe(8192);
});

test("a llama.cpp server that does not say it there is asked for its settings", async () => {
  server.setModelsScript(list({ id: "m", owned_by: "llamacpp", meta: { n_ctx_train: 131_072 } }));
  server.byPath("/props", json({ default_generation_settings: { n_ctx: 2048 } }));
  expect(await facts.contextWindow("anything", never)).toBe(2048);
});

test("a server that fails has no windows, and is asked again after ten seconds", async () => {
  server.setModelsScript(errorAnswer(500));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
  server.setModelsScript(list({ id: "m", context_length: 4096 }));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
  now += 10_000;
  expect(await facts.contextWindow("m", never)).toBe(4096);
});

test("what was known stays while the server does not answer", async () => {
  server.setModelsScript(list({ id: "m", context_length: 4096 }));
  await facts.contextWindow("m", never);
  server.setModelsScript(hang());
  now += 60_000;
  expect(await facts.contextWindow("m", never)).toBe(4096);
});

test("a caller who leaves does not wait", async () => {
  server.setModelsScript(hang());
  const abort = new AbortController();
  const asked = facts.contextWindow("m", abort.signal);
  abort.abort();
  expect(await asked).toBeUndefined();
});

test("a window into which nothing fits is not believed", async () => {
  server.setModelsScript(
    list({ id: "m", max_model_len: 1 }, { id: "n", max_model_len: 63, context_length: 64 }),
  );
  expect(await Promise.all([facts.contextWindow("m", never), facts.contextWindow("n", never)])).toEqual([
    undefined,
    64,
  ]);
});

test("a list that is longer than any is not read", async () => {
  server.setModelsScript(list({ id: "m", max_model_len: 4096, padding: " ".repeat(3 * 1024 * 1024) }));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
});
