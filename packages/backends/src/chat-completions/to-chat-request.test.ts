import type { ModelTurn } from "@gateway/engine";
import type { CreateRequest, FunctionTool } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { type ChatDialect, commonDialect, dialectFor, openAiDialect } from "./dialect.ts";
import { toChatRequest } from "./to-chat-request.ts";

const render = (
  request: Partial<CreateRequest> = {},
  turn: Partial<ModelTurn> = {},
  dialect: ChatDialect = commonDialect,
) =>
  toChatRequest(
    {
      request: { model: "public", ...request },
      model: "m",
      instructions: null,
      items: [{ type: "message", id: "msg_1", role: "user", content: "Hi" }],
      tools: [],
      places: new Map(),
      toolChoice: "none",
      maxOutputTokens: undefined,
      ...turn,
    },
    dialect,
  );

test("a plain turn sends the model, the messages and the wish for a stream with counts, and nothing else", () => {
  expect(render()).toEqual({
    model: "m",
    messages: [{ role: "user", content: "Hi" }],
    stream: true,
    stream_options: { include_usage: true },
  });
});

test("sampling parameters and hints are passed on as they are; metadata is not", () => {
  const same = {
    temperature: 0,
    top_p: 0.5,
    user: "u",
    service_tier: "flex",
    safety_identifier: "s",
    prompt_cache_key: "k",
    seed: 0,
    stop: ["\n"],
    frequency_penalty: 1,
    presence_penalty: -1,
  } as const;
  const body = render({ ...same, stop: ["\n"], metadata: { a: "b" }, store: true });
  expect(body).toMatchObject(same);
  expect(Object.keys(body)).toHaveLength(4 + Object.keys(same).length);
});

test("the token limit goes under the name the server knows", () => {
  expect(render({}, { maxOutputTokens: 50 })).toMatchObject({ max_tokens: 50 });
  expect(render({}, { maxOutputTokens: 50 }, openAiDialect)).toMatchObject({ max_completion_tokens: 50 });
});

test.each([
  ["none", "none", "none"],
  ["minimal", "low", "minimal"],
  ["medium", "medium", "medium"],
  ["xhigh", "high", "xhigh"],
  ["max", "high", "max"],
] as const)("effort %s is %s for most servers and %s for OpenAI", (effort, common, all) => {
  expect(render({ reasoning: { effort } }).reasoning_effort).toBe(common);
  expect(render({ reasoning: { effort } }, {}, openAiDialect).reasoning_effort).toBe(all);
});

test("an effort of null is not sent", () => {
  expect(render({ reasoning: { effort: null } })).not.toHaveProperty("reasoning_effort");
});

describe("text", () => {
  const schema = { type: "object", properties: {} };

  test("a JSON schema becomes a response_format", () => {
    const format = { type: "json_schema", name: "n", schema, strict: true, description: null } as const;
    expect(render({ text: { format, verbosity: "low" } })).toMatchObject({
      verbosity: "low",
      response_format: { type: "json_schema", json_schema: { name: "n", schema, strict: true } },
    });
  });

  test("json_object stays; plain text is the default and is not sent", () => {
    expect(render({ text: { format: { type: "json_object" } } }).response_format).toEqual({
      type: "json_object",
    });
    expect(render({ text: { format: { type: "text" } } })).not.toHaveProperty("response_format");
  });
});

describe("log probabilities", () => {
  test("are asked for by include", () => {
    expect(render({ include: ["message.output_text.logprobs"] })).toMatchObject({ logprobs: true });
    expect(render({ include: ["message.output_text.logprobs"], top_logprobs: 0 })).toMatchObject({
      logprobs: true,
      top_logprobs: 0,
    });
  });

  test("are asked for by a number of alternatives", () => {
    expect(render({ top_logprobs: 3 })).toMatchObject({ logprobs: true, top_logprobs: 3 });
    expect(render({ top_logprobs: 0 })).not.toHaveProperty("logprobs");
  });
});

describe("tools", () => {
  const f: FunctionTool = {
    type: "function",
    name: "f",
    description: "does",
    parameters: { type: "object" },
    strict: true,
  };
  const g: FunctionTool = { type: "function", name: "g", description: null, parameters: null, strict: null };

  test("are nested under function; what is null is left out or completed", () => {
    expect(render({ parallel_tool_calls: false }, { tools: [f, g], toolChoice: "auto" })).toMatchObject({
      tools: [
        {
          type: "function",
          function: { name: "f", description: "does", parameters: { type: "object" }, strict: true },
        },
        { type: "function", function: { name: "g", parameters: { type: "object", properties: {} } } },
      ],
      parallel_tool_calls: false,
    });
    expect(render({}, { tools: [g], toolChoice: "auto" }).tools?.[0]?.function).not.toHaveProperty("strict");
    expect(render({}, { tools: [g], toolChoice: "auto" })).not.toHaveProperty("tool_choice");
  });

  test("that may not be called are not shown", () => {
    const body = render({ parallel_tool_calls: true }, { tools: [f], toolChoice: "none" });
    expect(body).not.toHaveProperty("tools");
    expect(body).not.toHaveProperty("parallel_tool_calls");
  });

  test("of which one must be called are marked so", () => {
    expect(render({}, { tools: [f], toolChoice: "required" }).tool_choice).toBe("required");
  });

  test("chosen by name are sent alone and as required, since many servers take no name", () => {
    const body = render({}, { tools: [f, g], toolChoice: { name: "g" } });
    expect(body.tool_choice).toBe("required");
    expect(body.tools?.map((tool) => tool.function.name)).toEqual(["g"]);
  });

  test("chosen by name are named to OpenAI", () => {
    const body = render({}, { tools: [f, g], toolChoice: { name: "g" } }, openAiDialect);
    expect(body.tool_choice).toEqual({ type: "function", function: { name: "g" } });
    expect(body.tools).toHaveLength(2);
  });
});

describe("the dialect of a server", () => {
  test.each([
    ["https://api.openai.com/v1", openAiDialect],
    ["https://x.openai.azure.com/openai/v1", openAiDialect],
    ["http://ollama:11434/v1", commonDialect],
    ["https://openai.com.example.org/v1", commonDialect],
  ])("%s is told by its host", (url, dialect) => {
    expect(dialectFor(url)).toBe(dialect);
  });

  test.each([
    ["https://api.groq.com/openai/v1", ["reasoning"]],
    ["https://api.deepseek.com", ["reasoning_content"]],
    ["https://api.mistral.ai/v1", []],
  ])("%s gets thoughts only under the key it takes", (url, reasoningKeys) => {
    const strict = { reasoningKeys, fetchesImages: true, mayCountTokens: false };
    expect(dialectFor(url)).toEqual({ ...commonDialect, ...strict });
  });
});
