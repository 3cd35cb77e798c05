import { describe, expect, test } from "vitest";
import { parseCountRequest } from "./input-tokens.ts";

const base = { model: "m", input: "hi" };

describe("the body of a count", () => {
  test("is the create request that would show the model the same", () => {
    const tools = [{ type: "function", name: "f" }];
    const body = {
      ...base,
      instructions: "Be kind",
      tools,
      tool_choice: "required",
      parallel_tool_calls: false,
      text: { format: { type: "json_object" } },
      reasoning: { effort: "low" },
      truncation: "auto",
      conversation: { id: "conv_1" },
    };
    const { request, ignored } = parseCountRequest(body, true);
    expect(request).toEqual({ ...body, conversation: "conv_1" });
    expect(ignored).toEqual([]);
  });

  test("takes null for nothing", () => {
    const nulls = { instructions: null, tools: null, personality: null, previous_response_id: null };
    expect(parseCountRequest({ ...base, ...nulls }, true)).toEqual({ request: base, ignored: [] });
  });

  test.each([
    ["alone", {}],
    ["with instructions and tools", { instructions: "Be kind", tools: [{ type: "function", name: "f" }] }],
    ["with a history", { previous_response_id: "resp_1" }],
  ])("needs nothing but a model: %s", (_, fields) => {
    for (const input of [{}, { input: null }]) {
      expect(parseCountRequest({ model: "m", ...fields, ...input }, true)).toEqual({
        request: { model: "m", ...fields, input: [] },
        ignored: [],
      });
    }
  });

  test("names what has no part in a count, and refuses it under strict_params", () => {
    const body = { ...base, personality: "friendly", store: false, wish: 1, prompt: { id: "pmpt_1" } };
    expect(parseCountRequest(body, false)).toEqual({
      request: base,
      ignored: ["personality", "store", "wish", "prompt"],
    });
    for (const [field, code] of [
      ["personality", "unsupported_value"],
      ["moderation", "unsupported_value"],
      ["image", "unsupported_value"],
      ["prompt_cache_retention", "unsupported_value"],
      ["multi_agent", "unsupported_value"],
      ["store", "unsupported_value"],
      ["wish", "unknown_parameter"],
    ]) {
      expect(() => parseCountRequest({ ...base, [field as string]: "x" }, true)).toThrow(
        expect.objectContaining({ status: 422, param: field, code }),
      );
    }
  });

  test("names tools that are not carried out as a create request does", () => {
    const body = { ...base, tools: [{ type: "web_search" }] };
    expect(parseCountRequest(body, false).ignored).toEqual(["tools[0].type=web_search"]);
  });

  test("knows the hosted tools that are carried out, and takes a choice of them", () => {
    const tool = { type: "web_search" };
    const body = { ...base, tools: [tool], tool_choice: tool };
    const services = new Set(["web_search"] as const);
    expect(parseCountRequest(body, true, services)).toMatchObject({ request: body, ignored: [] });
    expect(() => parseCountRequest(body, false)).toThrow(
      expect.objectContaining({ status: 422, code: "unsupported_value" }),
    );
  });

  test.each<[string, unknown, string | null, boolean?]>([
    ["no model", { input: "hi" }, "model"],
    ["no model, under strict_params", { store: false }, "model", true],
    ["an unknown truncation", { ...base, truncation: "x" }, "truncation"],
    ["a personality that is too long", { ...base, personality: "x".repeat(65) }, "personality"],
    ["two histories", { ...base, previous_response_id: "a", conversation: "b" }, "previous_response_id"],
    ["a call without a name", { ...base, input: [{ type: "function_call", call_id: "c" }] }, "input[0].name"],
    ["no object", "hi", null],
  ])("that is not valid is a 422 that names the field: %s", (_, body, param, strict = false) => {
    expect(() => parseCountRequest(body, strict)).toThrow(
      expect.objectContaining({ status: 422, type: "invalid_request_error", param }),
    );
  });
});
