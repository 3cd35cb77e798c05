import { expect, test } from "vitest";
import type { ChatStreamOptions } from "./chat-stream-reader.ts";
import { fromChatCompletion } from "./from-chat-completion.ts";
import { fromErrorChunk } from "./from-chat-error.ts";

const options: ChatStreamOptions = {
  backend: "b",
  thinkTags: true,
  knownCallIds: () => [],
  toError: (error) => fromErrorChunk(error, { backend: "b", model: "m", secret: undefined }),
};
const read = (body: unknown) => fromChatCompletion(JSON.stringify(body), options);

test("a whole completion gives the deltas that its stream would have given", () => {
  const message = {
    role: "assistant",
    content: "<think>hm</think>Hi",
    tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
  };
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
  expect(read({ choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage })).toMatchObject([
    { kind: "reasoning", text: "hm" },
    { kind: "text", text: "Hi" },
    { kind: "call", callId: "c", name: "f" },
    { kind: "arguments", text: "{}" },
    { kind: "usage", usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 } },
    { kind: "finish", reason: "tool_calls" },
  ]);
});

test("an error with status 200 is an error", () => {
  expect(() => read({ error: "no memory" })).toThrowError(
    expect.objectContaining({ status: 500, code: "upstream_error" }),
  );
});

test.each([
  {},
  { choices: [] },
  { choices: [null] },
  { choices: [{ message: { tool_calls: [null] } }] },
  [],
  7,
])("%j is no completion", (body) => {
  expect(() => read(body)).toThrowError(expect.objectContaining({ code: "upstream_garbage" }));
});

test("what is no JSON is garbage", () => {
  expect(() => fromChatCompletion("oops", options)).toThrowError(
    expect.objectContaining({ code: "upstream_garbage" }),
  );
});
