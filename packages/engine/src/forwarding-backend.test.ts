import { expect, test } from "vitest";
import { ForwardingBackend } from "./forwarding-backend.ts";
import type { ModelBackend } from "./model-backend.ts";
import { ScriptedModel } from "./testing/scripted-model.ts";
import { turnOf } from "./testing/turn-of.ts";

const { signal } = new AbortController();
const turn = turnOf([]);

test("everything is asked of the other backend", async () => {
  const model = new ScriptedModel([[{ kind: "finish", reason: "stop" }]]);
  model.window = 512;
  const backend = new ForwardingBackend(model);
  await backend.open(turn, signal);
  expect(model.seen).toMatchObject([{ turn, signal }]);
  expect(await backend.countTokens(turn, signal)).toEqual(await model.countTokens(turn));
  expect(await backend.contextWindow("m", signal)).toBe(512);
  expect(await backend.listModels(signal)).toEqual(await model.listModels());
});

test("what it can do and is called is the other's, or not there", () => {
  const model: ModelBackend = new ScriptedModel();
  const images: ModelBackend["images"] = { make: async () => ({ content: "" }) };
  const painting = new ForwardingBackend(Object.assign(new ScriptedModel(), { images, fetchesImages: true }));
  expect(painting).toMatchObject({ name: "scripted", images, fetchesImages: true });
  const plain = new ForwardingBackend(model);
  expect([plain.name, plain.images, plain.fetchesImages]).toEqual(["scripted", undefined, undefined]);
});
