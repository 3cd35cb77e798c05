import { describe, expect, test } from "vitest";
import type { ChatMessage, ChatRequest } from "../chat-completions/chat-request.ts";
import { estimateChatTokens } from "./estimate-chat-tokens.ts";

const never = new AbortController().signal;
const hello: ChatMessage = { role: "user", content: "Hello, world!" };

const estimate = (messages: ChatMessage[], fields: Partial<ChatRequest> = {}) =>
  estimateChatTokens(
    { model: "m", messages, stream: true, stream_options: { include_usage: true }, ...fields },
    never,
  );

describe("the estimate of a chat request", () => {
  test("is its texts and what templates add to each message", async () => {
    expect(await estimate([hello])).toBe(4 + 4 + 3);
    expect(await estimate([{ role: "system", content: "Hello, world!" }, hello])).toBe(2 * (4 + 4) + 3);
  });

  test("has the functions and the schema in it", async () => {
    const parameters = { type: "object", properties: { city: { type: "string" } } };
    const tools = [{ type: "function" as const, function: { name: "get_weather", parameters } }];
    const bare = await estimate([hello]);
    const withTools = await estimate([hello], { tools });
    expect(withTools).toBeGreaterThan(bare + 20);
    expect(await estimate([hello], { tools, response_format: { json_schema: parameters } })).toBeGreaterThan(
      withTools + 15,
    );
  });

  test("has calls, thoughts and refusals in it, a thought under two keys once", async () => {
    const plain: ChatMessage = { role: "assistant", content: null };
    const base = await estimate([plain]);
    const call = { id: "call_1", type: "function" as const, function: { name: "f", arguments: '{"a":1}' } };
    expect(await estimate([{ ...plain, tool_calls: [call] }])).toBeGreaterThan(base + 8);
    expect(await estimate([{ ...plain, refusal: "Hello, world!" }])).toBe(base + 4);
    const thought = "Hello, world!";
    expect(await estimate([{ ...plain, reasoning: thought, reasoning_content: thought }])).toBe(base + 4);
    expect(await estimate([{ role: "tool", tool_call_id: "call_1", content: thought }])).toBe(base + 4);
  });

  test("has pictures by their rule and sounds by their length in it, not their data", async () => {
    const data = "A".repeat(64_000);
    const text = { type: "text" as const, text: "Hello, world!" };
    const image = {
      type: "image_url" as const,
      image_url: { url: `data:image/png;base64,${data}`, detail: "low" as const },
    };
    const audio = { type: "input_audio" as const, input_audio: { data, format: "wav" as const } };
    const bare = await estimate([hello]);
    expect(await estimate([{ role: "user", content: [text, image] }])).toBe(bare + 85);
    expect(await estimate([{ role: "user", content: [text, audio] }])).toBe(bare + 10);
  });
});
