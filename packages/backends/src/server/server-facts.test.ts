import { errorAnswer, hang, json } from "@gateway/testkit";
import { beforeEach, expect, test } from "vitest";
import { never } from "../testing/model-turn.ts";
import { scriptedRoom } from "../testing/scripted-room.ts";
import { ServerFacts } from "./server-facts.ts";

const room = scriptedRoom();
let now: number;
let facts: ServerFacts;

beforeEach(() => {
  now = 0;
  facts = new ServerFacts(room.openUpstream(), () => now);
});

const list = (...data: object[]) => json({ object: "list", data });

test("the list of models is read once a minute, also for calls at the same time", async () => {
  room.server.setModelsScript(list({ id: "m", max_model_len: 4096 }, { id: "n" }));
  expect(await Promise.all([facts.contextWindow("m", never), facts.contextWindow("n", never)])).toEqual([
    4096,
    undefined,
  ]);
  expect(room.server.modelsRequests).toBe(1);
  room.server.setModelsScript(list({ id: "m", max_model_len: 8192 }));
  expect(await facts.contextWindow("m", never)).toBe(4096);
  now += 60_000;
  expect(await facts.contextWindow("m", never)).toBe(8192);
});

test("a llama.cpp server that does not say it there is asked for its settings", async () => {
  room.server.setModelsScript(list({ id: "m", owned_by: "llamacpp", meta: { n_ctx_train: 131_072 } }));
  room.server.byPath("/props", json({ default_generation_settings: { n_ctx: 2048 } }));
  expect(await facts.contextWindow("anything", never)).toBe(2048);
});

test("the release is asked once a minute, and not told where the server does not", async () => {
  let asked = 0;
  room.server.byPath("/version", () => json({ version: `0.${++asked}.0` }));
  expect(await Promise.all([facts.release(never), facts.release(never)])).toEqual([
    { major: 0, minor: 1 },
    { major: 0, minor: 1 },
  ]);
  now += 60_000;
  expect(await facts.release(never)).toEqual({ major: 0, minor: 2 });
  room.server.byPath("/version", errorAnswer(404));
  expect(await new ServerFacts(room.openUpstream()).release(never)).toBeUndefined();
});

test("a server that fails has no windows, and is asked again after ten seconds", async () => {
  room.server.setModelsScript(errorAnswer(500));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
  room.server.setModelsScript(list({ id: "m", context_length: 4096 }));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
  now += 10_000;
  expect(await facts.contextWindow("m", never)).toBe(4096);
});

test("what was known stays while the server does not answer", async () => {
  room.server.setModelsScript(list({ id: "m", context_length: 4096 }));
  await facts.contextWindow("m", never);
  room.server.setModelsScript(hang());
  now += 60_000;
  expect(await facts.contextWindow("m", never)).toBe(4096);
});

test("a caller who leaves does not wait", async () => {
  room.server.setModelsScript(hang());
  const abort = new AbortController();
  const asked = facts.contextWindow("m", abort.signal);
  abort.abort();
  expect(await asked).toBeUndefined();
});

test("a window into which nothing fits is not believed", async () => {
  room.server.setModelsScript(
    list({ id: "m", max_model_len: 1 }, { id: "n", max_model_len: 63, context_length: 64 }),
  );
  expect(await Promise.all([facts.contextWindow("m", never), facts.contextWindow("n", never)])).toEqual([
    undefined,
    64,
  ]);
});

test("a list that is longer than any is not read", async () => {
  room.server.setModelsScript(list({ id: "m", max_model_len: 4096, padding: " ".repeat(3 * 1024 * 1024) }));
  expect(await facts.contextWindow("m", never)).toBeUndefined();
});
