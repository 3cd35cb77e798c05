import { describe, expect, test } from "vitest";
import { fromListedWindows, fromProps } from "./from-context-window.ts";

const list = (...data: object[]) => ({ object: "list", data });

describe("a list of models", () => {
  test.each([
    ["vLLM", { max_model_len: 8192 }],
    ["OpenRouter", { context_length: 8192, top_provider: { context_length: 4096 } }],
    ["Groq", { context_window: 8192 }],
    ["Mistral", { max_context_length: 8192 }],
    ["llama.cpp", { owned_by: "llamacpp", meta: { n_ctx: 8192, n_ctx_train: 131_072 } }],
  ])("tells how many tokens fit: %s", (_, fields) => {
    expect(fromListedWindows(list({ id: "m", ...fields })).byModel.get("m")).toBe(8192);
  });

  test("may be a bare one", () => {
    expect(fromListedWindows([{ id: "m", context_length: 512 }]).byModel.get("m")).toBe(512);
  });

  test("of a llama.cpp server is about its one model, whatever it is asked for by", () => {
    const model = { id: "parrot", aliases: ["bird"], owned_by: "llamacpp", meta: { n_ctx: 2048 } };
    const { byModel, only, llamaCpp } = fromListedWindows(list(model));
    expect([byModel.get("bird"), byModel.get("x"), only, llamaCpp]).toEqual([2048, undefined, 2048, true]);
    expect(fromListedWindows(list(model, { ...model, id: "other" })).only).toBeUndefined();
    expect(fromListedWindows(list({ id: "m", max_model_len: 900 })).only).toBeUndefined();
  });

  test("that tells nothing that can be used has no windows", () => {
    for (const body of [
      undefined,
      null,
      "x",
      { data: null },
      list({ id: "m" }, { id: 3, max_model_len: 512 }),
      list({ id: "m", max_model_len: "8192", context_length: -1, meta: null }),
      list({ id: "m", owned_by: "llamacpp", meta: { n_ctx_train: 2048 } }),
    ]) {
      expect(fromListedWindows(body).byModel.size).toBe(0);
    }
  });
});

test("llama.cpp's settings tell what one conversation has", () => {
  expect(fromProps({ default_generation_settings: { n_ctx: 2048 } })).toBe(2048);
  expect(fromProps({ default_generation_settings: {} })).toBeUndefined();
  expect(fromProps(undefined)).toBeUndefined();
});
