import { errorAnswer, hang, json, type ScriptedBackend, startScriptedBackend } from "@gateway/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultTimeouts } from "../upstream/timeouts.ts";
import { Upstream } from "../upstream/upstream.ts";
import { ContextWindows } from "./context-windows.ts";

const never = new AbortController().signal;
let server: ScriptedBackend;
let upstream: Upstream;
let now: number;
let windows: ContextWindows;

beforeEach(async () => {
  server = await startScriptedBackend();
  upstream = new Upstream({ name: "b", url: server.url, timeouts: defaultTimeouts });
  now = 0;
  windows = new ContextWindows(upstream, () => now);
});

afterEach(async () => {
  await upstream.close();
  await server.stop();
});

const list = (...data: object[]) => json({ object: "list", data });

test("the list of models is read once a minute, also for calls at the same time", async () => {
  server.setModelsScript(list({ id: "m", max_model_len: 4096 }, { id: "n" }));
  expect(await Promise.all([windows.get("m", never), windows.get("n", never)])).toEqual([4096, undefined]);
  expect(server.modelsRequests).toBe(1);
  server.setModelsScript(list({ id: "m", max_model_len: 8192 }));
  expect(await windows.get("m", never)).toBe(4096);
  now += 60_000;
  expect(await windows.get("m", never)).toBe(8192);
});

test("a llama.cpp server that does not say it there is asked for its settings", async () => {
  server.setModelsScript(list({ id: "m", owned_by: "llamacpp", meta: { n_ctx_train: 131_072 } }));
  server.byPath("/props", json({ default_generation_settings: { n_ctx: 2048 } }));
  expect(await windows.get("anything", never)).toBe(2048);
});

test("a server that fails has no windows, and is asked again after ten seconds", async () => {
  server.setModelsScript(errorAnswer(500));
  expect(await windows.get("m", never)).toBeUndefined();
  server.setModelsScript(list({ id: "m", context_length: 4096 }));
  expect(await windows.get("m", never)).toBeUndefined();
  now += 10_000;
  expect(await windows.get("m", never)).toBe(4096);
});

test("what was known stays while the server does not answer", async () => {
  server.setModelsScript(list({ id: "m", context_length: 4096 }));
  await windows.get("m", never);
  server.setModelsScript(hang());
  now += 60_000;
  expect(await windows.get("m", never)).toBe(4096);
});

test("a caller who leaves does not wait", async () => {
  server.setModelsScript(hang());
  const abort = new AbortController();
  const asked = windows.get("m", abort.signal);
  abort.abort();
  expect(await asked).toBeUndefined();
});

test("a window into which nothing fits is not believed", async () => {
  server.setModelsScript(
    list({ id: "m", max_model_len: 1 }, { id: "n", max_model_len: 63, context_length: 64 }),
  );
  expect(await Promise.all([windows.get("m", never), windows.get("n", never)])).toEqual([undefined, 64]);
});

test("a list that is longer than any is not read", async () => {
  server.setModelsScript(list({ id: "m", max_model_len: 4096, padding: " ".repeat(3 * 1024 * 1024) }));
  expect(await windows.get("m", never)).toBeUndefined();
});
