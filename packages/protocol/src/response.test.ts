import { describe, expect, test } from "vitest";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toInitialResponse } from "./response.ts";

/** The object of a response to a request with these fields. */
function initial(fields: Record<string, unknown>) {
  const { request } = parseCreateRequest({ model: "m", input: "hi", ...fields }, false);
  return toInitialResponse(request, "resp_1", 1_700_000_000);
}

/** Every key that the Open Responses schema requires, and those that clients of the official API read. */
const requiredKeys = [
  "access_programs",
  "background",
  "completed_at",
  "conversation",
  "created_at",
  "error",
  "frequency_penalty",
  "id",
  "incomplete_details",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "model",
  "object",
  "output",
  "parallel_tool_calls",
  "presence_penalty",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "status",
  "store",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "top_p",
  "truncation",
  "usage",
];

describe("the object of a response that begins", () => {
  test("has every key, with the API's defaults", () => {
    const response = initial({});
    expect(Object.keys(response).toSorted()).toEqual(requiredKeys);
    expect(response).toEqual({
      id: "resp_1",
      object: "response",
      created_at: 1_700_000_000,
      completed_at: null,
      status: "in_progress",
      error: null,
      incomplete_details: null,
      instructions: null,
      model: "m",
      output: [],
      usage: null,
      previous_response_id: null,
      conversation: null,
      tools: [],
      tool_choice: "auto",
      parallel_tool_calls: true,
      max_tool_calls: null,
      max_output_tokens: null,
      temperature: 1,
      top_p: 1,
      top_logprobs: 0,
      presence_penalty: 0,
      frequency_penalty: 0,
      text: { format: { type: "text" }, verbosity: "medium" },
      reasoning: { effort: null, summary: null },
      truncation: "disabled",
      metadata: {},
      store: true,
      background: false,
      service_tier: "default",
      safety_identifier: null,
      prompt_cache_key: null,
      prompt: null,
      access_programs: null,
    });
  });

  test("says what was asked for", () => {
    const asked = {
      instructions: "Be brief.",
      previous_response_id: "resp_0",
      tool_choice: "none",
      parallel_tool_calls: false,
      max_tool_calls: 3,
      max_output_tokens: 99,
      temperature: 0,
      top_p: 0,
      top_logprobs: 2,
      presence_penalty: -1,
      frequency_penalty: 1,
      truncation: "auto",
      metadata: { a: "b" },
      store: false,
      background: false,
      service_tier: "flex",
      user: "u",
      safety_identifier: "s",
      prompt_cache_key: "k",
    };
    expect(initial(asked)).toMatchObject(asked);
  });

  test("names the conversation as an object", () => {
    expect(initial({ conversation: "conv_1" }).conversation).toEqual({ id: "conv_1" });
    expect(initial({ conversation: { id: "conv_1" } }).conversation).toEqual({ id: "conv_1" });
  });

  test("fills up text and reasoning", () => {
    const format = { type: "json_schema", name: "a", schema: {} };
    expect(initial({ text: { format } }).text).toEqual({
      format: { ...format, description: null, strict: false },
      verbosity: "medium",
    });
    const strict = { ...format, strict: true, description: "x" };
    expect(initial({ text: { format: strict } }).text.format).toEqual(strict);
    expect(initial({ text: { verbosity: "low" } }).text).toEqual({
      format: { type: "text" },
      verbosity: "low",
    });
    expect(initial({ reasoning: { effort: "high" } }).reasoning).toEqual({ effort: "high", summary: null });
    expect(initial({ reasoning: { generate_summary: "concise" } }).reasoning).toMatchObject({
      summary: "concise",
    });
  });

  test("does not say 'auto' for a tier: that is no tier", () => {
    expect(initial({ service_tier: "auto" }).service_tier).toBe("default");
  });

  test("echoes functions with every default", () => {
    expect(initial({ tools: [{ type: "function", name: "f" }] }).tools).toEqual([
      { type: "function", name: "f", description: null, parameters: null, strict: true },
    ]);
    const full = { type: "function", name: "f", description: "x", parameters: { a: 1 }, strict: false };
    expect(initial({ tools: [full] }).tools).toEqual([full]);
  });

  test("echoes hosted tools without their secrets", () => {
    const server = {
      type: "mcp",
      server_label: "x",
      server_url: "https://mcp.example",
      require_approval: "never",
    };
    const secret = { headers: { authorization: "Bearer hunter2" }, authorization: "hunter2" };
    const { tools } = initial({ tools: [{ ...server, ...secret }, { type: "web_search" }] });
    expect(tools).toEqual([
      { ...server, allowed_tools: null },
      { type: "web_search", search_context_size: "medium" },
    ]);
  });
});

test("the functions of a namespace are echoed as those of the list are", () => {
  const inner = [
    { type: "function", name: "f" },
    { type: "custom", name: "c" },
  ];
  const space = { type: "namespace", name: "n", description: "x", tools: inner };
  expect(initial({ tools: [space] }).tools).toEqual([
    {
      ...space,
      tools: [
        { type: "function", name: "f", description: null, parameters: null, strict: true },
        { type: "custom", name: "c", format: { type: "text" } },
      ],
    },
  ]);
});
