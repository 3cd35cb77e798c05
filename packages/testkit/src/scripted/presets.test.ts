import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ScriptedBackend, startScriptedBackend } from "../scripted-backend.ts";
import { llamaCppError, llamaCppStyle, ollamaStyle, vllmStyle } from "./backend-styles.ts";
import { contentChunk, finishChunk, refusalChunk, toolCallChunk } from "./chunks.ts";
import { reasoningThenText, splitEvery, splitWords, text, toolCalls } from "./presets.ts";
import { done, type Script } from "./steps.ts";

let backend: ScriptedBackend;
let client: OpenAI;

beforeEach(async () => {
  backend = await startScriptedBackend();
  client = new OpenAI({ baseURL: backend.url, apiKey: "k", maxRetries: 0 });
});

afterEach(() => backend.stop());

const question: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "hi" }];

type Delta = OpenAI.ChatCompletionChunk.Choice.Delta & { reasoning?: string; reasoning_content?: string };

/** All chunks of a streamed answer. */
async function stream(script: Script): Promise<OpenAI.ChatCompletionChunk[]> {
  backend.enqueue(script);
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of await client.chat.completions.create({
    model: "m",
    messages: question,
    stream: true,
  })) {
    chunks.push(chunk);
  }
  return chunks;
}

/** The same script played without a stream. */
async function complete(script: Script): Promise<OpenAI.ChatCompletion.Choice> {
  backend.enqueue(script);
  const { choices } = await client.chat.completions.create({ model: "m", messages: question });
  return choices[0] as OpenAI.ChatCompletion.Choice;
}

const deltas = (chunks: OpenAI.ChatCompletionChunk[]): Delta[] =>
  chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
const calls = (chunks: OpenAI.ChatCompletionChunk[]) =>
  deltas(chunks).flatMap(({ tool_calls }) => tool_calls ?? []);
const lastReason = (chunks: OpenAI.ChatCompletionChunk[]) =>
  chunks.flatMap(({ choices }) => choices.map(({ finish_reason }) => finish_reason)).at(-1);

describe("text", () => {
  test("comes word by word, or in the given pieces, and ends with a reason and usage", async () => {
    const words = await stream(text("Hello big world"));
    expect(deltas(words).map(({ content }) => content ?? "")).toEqual(["", "Hello", " big", " world", ""]);
    expect(lastReason(words)).toBe("stop");
    expect(words.at(-1)?.usage).toEqual({ prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 });

    const pieces = await stream(
      text("Hello", { tokens: ["He", "llo"], finish: "length", usage: false, everyMs: 1 }),
    );
    expect(deltas(pieces).map(({ content }) => content ?? "")).toEqual(["", "He", "llo", ""]);
    expect(lastReason(pieces)).toBe("length");
    expect(pieces.some(({ usage }) => usage)).toBe(false);
  });

  test("reads the same without a stream", async () => {
    const { message, finish_reason } = await complete(text("Hello big world"));
    expect(message).toEqual({ role: "assistant", content: "Hello big world" });
    expect(finish_reason).toBe("stop");
  });

  test("keeps refusals and log probabilities", async () => {
    const logprob = { token: "Hi", logprob: -0.1, bytes: [72, 105], top_logprobs: [] };
    const script = [
      contentChunk("Hi", [logprob]),
      contentChunk("!", [{ ...logprob, token: "!" }]),
      finishChunk("stop"),
      done(),
    ];
    const { logprobs } = await complete(script);
    expect(logprobs?.content?.map(({ token }) => token)).toEqual(["Hi", "!"]);
    const { message } = await complete([
      refusalChunk("I can"),
      refusalChunk("not."),
      finishChunk("stop"),
      done(),
    ]);
    expect(message).toEqual({ role: "assistant", content: null, refusal: "I cannot." });
  });
});

describe("tool calls", () => {
  const two = [
    { name: "get_weather", arguments: { city: "Paris" }, id: "call_1" },
    { name: "search", arguments: '{"query":"rivers"', id: "call_2" },
  ];

  test("begin with id and name and bring the arguments in pieces", async () => {
    const parts = calls(await stream(toolCalls(two, { text: "One moment.", fragment: 6 })));
    expect(parts[0]).toEqual({
      index: 0,
      id: "call_1",
      type: "function",
      function: { name: "get_weather", arguments: "" },
    });
    const first = parts.filter(({ index }) => index === 0).map((part) => part.function?.arguments);
    expect(first).toEqual(["", '{"city', '":"Par', 'is"}']);
    const second = parts.filter(({ index }) => index === 1).map((part) => part.function?.arguments);
    expect(second.join("")).toBe('{"query":"rivers"');
  });

  test("have ids of their own unless one is given", async () => {
    const call = { name: "f", arguments: {} };
    const ids = [
      ...calls(await stream(toolCalls([call, call]))),
      ...calls(await stream(toolCalls([call]))),
    ].flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(3);
  });

  test("read the same without a stream", async () => {
    const { message, finish_reason } = await complete(toolCalls(two));
    expect(message.tool_calls).toEqual([
      { id: "call_1", type: "function", function: { name: "get_weather", arguments: '{"city":"Paris"}' } },
      { id: "call_2", type: "function", function: { name: "search", arguments: '{"query":"rivers"' } },
    ]);
    expect(finish_reason).toBe("tool_calls");
  });

  test("may come without index, with a late id or an empty one", async () => {
    const script = [
      toolCallChunk({ name: "f", id: "" }),
      toolCallChunk({ arguments: '{"a"' }),
      toolCallChunk({ id: "late", arguments: ":1}" }),
      finishChunk("tool_calls"),
      done(),
    ];
    expect(calls(await stream(script))).toEqual([
      { id: "", function: { name: "f" } },
      { function: { arguments: '{"a"' } },
      { id: "late", function: { arguments: ":1}" } },
    ]);
    const { message } = await complete(script);
    expect(message.tool_calls).toEqual([
      { id: "late", type: "function", function: { name: "f", arguments: '{"a":1}' } },
    ]);
  });
});

test("reasoning comes before the text, under either key, and is counted", async () => {
  const chunks = await stream(reasoningThenText("Let me think.", "Done.", { key: "reasoning" }));
  expect(deltas(chunks).flatMap(({ reasoning }) => reasoning ?? [])).toEqual(["Let", " me", " think."]);
  expect(chunks.at(-1)?.usage?.completion_tokens_details).toEqual({ reasoning_tokens: 3 });
  const { message } = await complete(reasoningThenText("Let me think.", "Done."));
  expect(message).toMatchObject({ reasoning_content: "Let me think.", content: "Done." });
});

describe("styles of backends", () => {
  const answer = {
    reasoning: "Hm hm",
    text: "I ask.",
    toolCalls: [
      { name: "get_weather", arguments: { city: "Paris" } },
      { name: "get_weather", arguments: { city: "Rome" } },
    ],
  };
  const bothCalls = [
    expect.objectContaining({ function: { name: "get_weather", arguments: '{"city":"Paris"}' } }),
    expect.objectContaining({ function: { name: "get_weather", arguments: '{"city":"Rome"}' } }),
  ];

  test("Ollama: the role in every chunk, whole calls, ids that repeat from answer to answer", async () => {
    const chunks = await stream(ollamaStyle(answer));
    expect(deltas(chunks).every(({ role }) => role === "assistant")).toBe(true);
    expect(deltas(chunks).flatMap(({ reasoning }) => reasoning ?? [])).toEqual(["Hm", " hm"]);
    expect(calls(chunks)).toEqual(bothCalls);
    expect(calls(await stream(ollamaStyle(answer)))).toEqual(calls(chunks));
    expect(new Set(chunks.map(({ id }) => id))).toEqual(new Set(["chatcmpl-123"]));
    expect(
      calls(await stream(ollamaStyle({ ...answer, sameIndex: true }))).map(({ index }) => index),
    ).toEqual([0, 0]);
  });

  test("llama.cpp: content null first, arguments in pieces, a plain id on the first one only", async () => {
    const chunks = await stream(llamaCppStyle(answer));
    expect(deltas(chunks)[0]).toEqual({ role: "assistant", content: null });
    expect(deltas(chunks).flatMap(({ reasoning_content }) => reasoning_content ?? [])).toEqual(["Hm", " hm"]);
    const first = calls(chunks).filter(({ index }) => index === 0);
    expect(first[0]?.id).toMatch(/^[A-Za-z0-9]{32}$/);
    expect(first.slice(1).every(({ id }) => id === undefined)).toBe(true);
    expect(first.map((part) => part.function?.arguments).join("")).toBe('{"city":"Paris"}');
    expect(chunks.at(-1)?.usage?.prompt_tokens_details).toEqual({ cached_tokens: 0 });
  });

  test("llama.cpp: the code of an error is a number inside the body, too", async () => {
    backend.enqueue(llamaCppError(400, "the request exceeds the available context size"));
    const failing = client.chat.completions.create({ model: "m", messages: question });
    await expect(failing).rejects.toMatchObject({ status: 400, code: 400, type: "invalid_request_error" });
  });

  test("vLLM: a name without arguments first, ids of its own kind, text in the last chunk", async () => {
    const chunks = await stream(vllmStyle(answer));
    expect(calls(chunks)[0]).toMatchObject({ index: 0, function: { name: "get_weather" } });
    expect(calls(chunks)[0]?.function).not.toHaveProperty("arguments");
    expect(calls(chunks)[0]?.id).toMatch(/^chatcmpl-tool-/);
    const plain = await stream(vllmStyle({ text: "Hello world" }));
    const last = plain.flatMap(({ choices }) => choices).at(-1);
    expect(last).toMatchObject({ delta: { content: " world" }, finish_reason: "stop", stop_reason: null });
  });

  test.each([
    ["Ollama", ollamaStyle],
    ["llama.cpp", llamaCppStyle],
    ["vLLM", vllmStyle],
  ] as const)("%s: reads the same without a stream", async (_name, style) => {
    const { message, finish_reason } = await complete(style(answer));
    expect(message.content).toBe("I ask.");
    expect(message.tool_calls).toEqual(bothCalls);
    expect(finish_reason).toBe("tool_calls");
  });
});

test("splitting loses nothing", () => {
  for (const content of ["", " a  b\n\nc ", "\n", "one", "\u{1f600}\u{1f600} x"]) {
    expect(splitWords(content).join("")).toBe(content);
    expect(splitEvery(content, 2).join("")).toBe(content);
  }
});
