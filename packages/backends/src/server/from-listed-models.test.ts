import { describe, expect, test } from "vitest";
import { fromListedModels } from "./from-listed-models.ts";
import { fromProps } from "./from-props.ts";

const list = (...data: object[]) => ({ object: "list", data });

describe("a list of models", () => {
  test.each([
    ["vLLM", { max_model_len: 8192 }],
    ["OpenRouter", { context_length: 8192, top_provider: { context_length: 4096 } }],
    ["Groq", { context_window: 8192 }],
    ["Mistral", { max_context_length: 8192 }],
    ["llama.cpp", { owned_by: "llamacpp", meta: { n_ctx: 8192, n_ctx_train: 131_072 } }],
  ])("tells how many tokens fit: %s", (_, fields) => {
    expect(fromListedModels(list({ id: "m", ...fields })).windows.get("m")).toBe(8192);
  });

  test("may be a bare one", () => {
    expect(fromListedModels([{ id: "m", context_length: 512 }]).windows.get("m")).toBe(512);
  });

  test("of a llama.cpp server is about its one model, whatever it is asked for by", () => {
    const model = { id: "parrot", aliases: ["bird"], owned_by: "llamacpp", meta: { n_ctx: 2048 } };
    const { windows, onlyWindow } = fromListedModels(list(model));
    expect([windows.get("bird"), windows.get("x"), onlyWindow]).toEqual([2048, undefined, 2048]);
    expect(fromListedModels(list(model, { ...model, id: "other" })).onlyWindow).toBeUndefined();
    expect(fromListedModels(list({ id: "m", max_model_len: 900 })).onlyWindow).toBeUndefined();
  });

  test("tells which server it is, where that is known by it", () => {
    const kinds = ["llamacpp", "vllm", "library", undefined].map(
      (owned_by) => fromListedModels(list({ id: "m", owned_by })).kind,
    );
    expect(kinds).toEqual(["llama.cpp", "vllm", undefined, undefined]);
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
      expect(fromListedModels(body).windows.size).toBe(0);
    }
  });
});

test("llama.cpp's settings tell what one conversation has, and how a chat is written", () => {
  const settings = { default_generation_settings: { n_ctx: 2048 }, chat_template: "{{ messages }}" };
  expect(fromProps(settings)).toEqual({ contextWindow: 2048, chatTemplate: "{{ messages }}" });
  for (const body of [{ default_generation_settings: {}, chat_template: "" }, undefined, null, "x"])
    expect(fromProps(body)).toEqual({ contextWindow: undefined, chatTemplate: undefined });
});
