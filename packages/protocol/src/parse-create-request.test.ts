import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { acceptedRequests } from "./testing/accepted-requests.ts";
import { refusedRequests } from "./testing/refused-requests.ts";

/** The error that a body meets. */
function refusalOf(body: unknown, strict = false): ApiError {
  try {
    parseCreateRequest(body, strict);
  } catch (thrown) {
    if (thrown instanceof ApiError) return thrown;
    throw thrown;
  }
  throw new Error("the request was accepted");
}

const base = { model: "m", input: "hi" };

describe("a request that is not valid is a 422 that names the field (S2-07, S2-09, S2-35)", () => {
  test.each(refusedRequests)("%s", (_name, body, code, param) => {
    const error = refusalOf(body);
    expect(error).toMatchObject({ status: 422, type: "invalid_request_error", code, param });
    // What is not supported is named by its own name, everything else by its path.
    if (code !== "unsupported_value") expect(error.message).toContain(param ?? "the request body");
    expect(error.message).toMatch(/\.$/);
  });

  test("a variable of a prompt is text or a part", () => {
    const prompt = { id: "pmpt_1", variables: { name: { type: "output_text", text: "x" } } };
    expect(refusalOf({ ...base, prompt })).toMatchObject({
      status: 422,
      param: "prompt.variables.name.type",
    });
  });

  test("a file search names its stores, and its settings make sense", () => {
    const stores = { type: "file_search", vector_store_ids: ["vs_1"] };
    const wrong: [Record<string, unknown>, string][] = [
      [{ type: "file_search" }, "tools[0].vector_store_ids"],
      [{ ...stores, vector_store_ids: [] }, "tools[0].vector_store_ids"],
      [{ ...stores, max_num_results: 51 }, "tools[0].max_num_results"],
      [{ ...stores, filters: { type: "like", key: "a", value: "b" } }, "tools[0].filters.type"],
      [{ ...stores, filters: { type: "eq", value: "b" } }, "tools[0].filters.key"],
      [{ ...stores, filters: { type: "gt", key: "a", value: true } }, "tools[0].filters.value"],
      [{ ...stores, filters: { type: "in", key: "a", value: "b" } }, "tools[0].filters.value"],
      [{ ...stores, filters: { type: "and", filters: [] } }, "tools[0].filters.filters"],
      [
        { ...stores, filters: { type: "or", filters: [{ type: "eq", key: "a" }] } },
        "tools[0].filters.filters[0].value",
      ],
      [{ ...stores, ranking_options: { score_threshold: 2 } }, "tools[0].ranking_options.score_threshold"],
      [
        { ...stores, ranking_options: { hybrid_search: { embedding_weight: 0, text_weight: 0 } } },
        "tools[0].ranking_options.hybrid_search",
      ],
    ];
    for (const [declared, param] of wrong) {
      expect(refusalOf({ ...base, tools: [declared] }), param).toMatchObject({ status: 422, param });
    }
  });

  test("of several faults the first field's is told", () => {
    expect(refusalOf({ ...base, temperature: 9, top_p: 9 }).param).toBe("temperature");
  });

  test("a long value is shortened in the message", () => {
    const type = "x".repeat(5000);
    expect(refusalOf({ ...base, input: [{ type }] }).message.length).toBeLessThan(200);
    expect(refusalOf({ ...base, tool_choice: type }).message.length).toBeLessThan(200);
  });
});

describe("every documented form of a request is accepted", () => {
  test.each(acceptedRequests)("%s", (_name, fields) => {
    const body = { ...base, ...fields };
    expect(parseCreateRequest(body, true).ignored).toEqual([]);
  });

  test("a null at the top stands for nothing given", () => {
    const names = ["instructions", "tools", "tool_choice", "max_output_tokens", "metadata", "text", "store"];
    const nulls = Object.fromEntries(names.map((name) => [name, null]));
    expect(parseCreateRequest({ ...base, ...nulls }, true).request).toEqual(base);
  });

  test("a conversation object is read as its id", () => {
    expect(parseCreateRequest({ ...base, conversation: { id: "conv_1" } }, true).request.conversation).toBe(
      "conv_1",
    );
  });

  test("history can stand in for input", () => {
    expect(parseCreateRequest({ model: "m", previous_response_id: "resp_1" }, true).ignored).toEqual([]);
    expect(parseCreateRequest({ model: "m", conversation: "conv_1" }, true).ignored).toEqual([]);
  });

  test("fields that SDK objects bring along are kept as they are", () => {
    const item = {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      phase: "final_answer",
      content: [{ type: "output_text", text: "x", annotations: [], logprobs: [], parsed: null }],
      created_by: "a",
    };
    expect(parseCreateRequest({ ...base, input: [item] }, true).request.input).toEqual([item]);
  });

  test("the body itself is not changed", () => {
    const body = { ...base, instructions: null, input: [{ role: "user", content: "hi" }] };
    const before = structuredClone(body);
    parseCreateRequest(body, false);
    expect(body).toEqual(before);
  });
});

/** What is accepted without effect, its name in `x-gateway-ignored`, and code and param of a strict 422. */
const ignored: [string, Record<string, unknown>, string, string, string][] = [
  ["a field the API does not have", { wish: 1 }, "wish", "unknown_parameter", "wish"],
  ["a field name with an equals sign", { "a=b": 1 }, "a=b", "unknown_parameter", "a=b"],
  ["a field of an object's prototype", { constructor: 1 }, "constructor", "unknown_parameter", "constructor"],
  ["moderation", { moderation: { model: "x" } }, "moderation", "unsupported_value", "moderation"],
  [
    "prompt cache options",
    { prompt_cache_options: { ttl: "30m" } },
    "prompt_cache_options",
    "unsupported_value",
    "prompt_cache_options",
  ],
  [
    "prompt cache retention",
    { prompt_cache_retention: "24h" },
    "prompt_cache_retention",
    "unsupported_value",
    "prompt_cache_retention",
  ],
  ["access programs", { access_programs: [] }, "access_programs", "unsupported_value", "access_programs"],
  ["image options", { image: {} }, "image", "unsupported_value", "image"],
  [
    "the reasoning mode",
    { reasoning: { mode: "pro" } },
    "reasoning.mode",
    "unsupported_value",
    "reasoning.mode",
  ],
  [
    "a hosted tool",
    { tools: [{ type: "function", name: "f" }, { type: "web_search" }] },
    "tools[1].type=web_search",
    "unsupported_value",
    "tools[1].type",
  ],
];

describe("what has no effect is named", () => {
  test.each(ignored)("%s", (_name, fields, entry, code, param) => {
    const body = { ...base, ...fields };
    expect(parseCreateRequest(body, false).ignored).toEqual([entry]);
    const error = refusalOf(body, true);
    expect(error).toMatchObject({ status: 422, code, param });
    expect(error.message).toContain(entry);
    expect(error.message).toContain("strict_params");
  });

  test("all of it, also when there is much", () => {
    const body = {
      ...base,
      truncation: "auto",
      moderation: {},
      wish: 1,
      tools: [{ type: "image_generation" }, { type: "shell", environment: { type: "container_auto" } }],
    };
    const names = ["moderation", "wish", "tools[0].type=image_generation", "tools[1].type=shell"];
    expect(parseCreateRequest(body, false).ignored).toEqual(names);
  });

  test("in the tools of the caller's and of its namespaces, what is only for programs", () => {
    const own = {
      type: "function",
      name: "f",
      output_schema: {},
      allowed_callers: ["programmatic"],
      async: true,
    };
    const inner = { ...own, name: "g", allowed_callers: ["direct"], async: false };
    const tools = [own, { type: "namespace", name: "n", tools: [{ type: "custom", name: "c" }, inner] }];
    const names = ["allowed_callers", "async", "output_schema"].map((key) => `tools[0].${key}`);
    expect(parseCreateRequest({ ...base, tools }, false).ignored).toEqual([
      ...names,
      "tools[1].tools[1].output_schema",
    ]);
  });

  test("but not a default that is spelled out", () => {
    const body = { ...base, truncation: "disabled", reasoning: { context: null, mode: null }, wish: null };
    expect(parseCreateRequest(body, false).ignored).toEqual([]);
  });

  test("hosted tools stay in the request, to be echoed", () => {
    const tools = [{ type: "mcp", server_label: "x", server_url: "https://mcp.example" }];
    expect(parseCreateRequest({ ...base, tools }, false).request.tools).toEqual(tools);
  });
});

describe("a hosted tool that tool_choice names is refused at the tool's place", () => {
  const tools = [{ type: "function", name: "f" }, { type: "web_search" }];
  const hosted = { type: "web_search" };
  test.each([
    ["by type", hosted],
    [
      "among allowed tools",
      { type: "allowed_tools", mode: "auto", tools: [{ type: "function", name: "f" }, hosted] },
    ],
    ["as the only allowed tool", { type: "allowed_tools", mode: "required", tools: [hosted] }],
  ])("%s", (_name, tool_choice) => {
    const error = refusalOf({ ...base, tools, tool_choice });
    expect(error).toMatchObject({ status: 422, code: "unsupported_value", param: "tools[1].type" });
    expect(error.message).toContain("'web_search'");
  });

  test("where a call is required and hosted tools are all there is", () => {
    const error = refusalOf({ ...base, tools: [hosted], tool_choice: "required" });
    expect(error).toMatchObject({ status: 422, code: "unsupported_value", param: "tools[0].type" });
  });
});
