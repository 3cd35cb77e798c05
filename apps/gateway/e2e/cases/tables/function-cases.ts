import { cut, reasoningChunk, roleChunk, text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, callIdOf, lastOf, message, user } from "../case.ts";

const weather = {
  type: "function",
  name: "weather",
  description: "The weather of a city.",
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } } },
};
const inParis = { name: "weather", arguments: { city: "Paris" } };
const inRome = { name: "weather", arguments: { city: "Rome" } };
const callOf = (city: string) => ({
  type: "function_call",
  name: "weather",
  arguments: `{"city":"${city}"}`,
  status: "completed",
});
const outputOf = (call_id: string, output: unknown) => ({ type: "function_call_output", call_id, output });

/** Functions of the caller's. */
export const functionCases: readonly Case[] = [
  {
    name: "a call, and the answer that its output leads to",
    turns: [
      {
        send: { input: "Is it warm?", tools: [weather] },
        model: [toolCalls([inParis])],
        expect: {
          output: [callOf("Paris")],
          response: { tools: [{ ...weather, strict: false }] },
          asked: [{ offered: ["weather"] }],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: [outputOf(callIdOf(story), "31 °C")],
          tools: [weather],
        }),
        model: [text("It is hot.")],
        expect: {
          output: [message("It is hot.")],
          asked: [{ roles: "user assistant tool", shown: ["31 °C"] }],
        },
      },
    ],
  },
  {
    name: "two calls at once, both answered with parts",
    turns: [
      {
        send: { tools: [weather] },
        model: [toolCalls([inParis, inRome], { text: "One moment", fragment: 3 })],
        expect: { output: [message("One moment"), callOf("Paris"), callOf("Rome")] },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: [
            outputOf(callIdOf(story, 0), [{ type: "input_text", text: "31 °C" }]),
            outputOf(callIdOf(story, 1), [{ type: "input_text", text: "29 °C" }]),
          ],
        }),
        model: [text("Hot.")],
        expect: { output: [message("Hot.")], asked: [{ shown: ["31 °C", "29 °C"], offered: [] }] },
      },
    ],
  },
  {
    name: "one call where parallel ones are off",
    turns: [
      {
        send: { tools: [weather], parallel_tool_calls: false },
        model: [toolCalls([inParis, inRome])],
        expect: {
          output: [callOf("Paris")],
          response: { parallel_tool_calls: false },
          asked: [{ parallel_tool_calls: false }],
        },
      },
    ],
  },
  {
    name: "thoughts before a call, sealed and sent back by a caller that keeps all itself",
    turns: [
      {
        send: {
          input: [user("Is it warm?")],
          tools: [weather],
          store: false,
          include: ["reasoning.encrypted_content"],
        },
        model: [[roleChunk(), reasoningChunk("I ask."), ...toolCalls([inParis]).slice(1)]],
        expect: {
          output: [{ type: "reasoning", encrypted_content: expect.any(String) }, callOf("Paris")],
          response: { store: false },
        },
      },
      {
        send: (story) => ({
          input: [user("Is it warm?"), ...lastOf(story).output, outputOf(callIdOf(story), "31 °C")],
          tools: [weather],
          store: false,
          include: ["reasoning.encrypted_content"],
        }),
        model: [text("It is hot.")],
        expect: {
          output: [message("It is hot.")],
          asked: [
            {
              messages: [
                { role: "user" },
                {
                  role: "assistant",
                  reasoning_content: "I ask.",
                  tool_calls: [{ function: { name: "weather" } }],
                },
                { role: "tool", content: "31 °C" },
              ],
            },
          ],
        },
      },
    ],
  },
  {
    name: "arguments that are no JSON, as the model wrote them",
    turns: [
      {
        send: { tools: [weather] },
        model: [toolCalls([{ name: "weather", arguments: '{"city": Par' }])],
        expect: { output: [{ type: "function_call", arguments: '{"city": Par' }] },
      },
    ],
  },
  {
    name: "a call that is cut by its length",
    turns: [
      {
        send: { tools: [weather] },
        model: [toolCalls([{ name: "weather", arguments: '{"city": "Pa' }], { finish: "length" })],
        expect: {
          status: "incomplete",
          output: [{ type: "function_call", arguments: '{"city": "Pa', status: "incomplete" }],
          response: { incomplete_details: { reason: "max_output_tokens" } },
        },
      },
    ],
  },
  {
    name: "a call whose connection is cut",
    turns: [
      {
        send: { tools: [weather] },
        model: [[...toolCalls([inParis]).slice(0, 3), cut()]],
        expect: {
          output: [{ type: "function_call", name: "weather", arguments: `{"city":`, status: "incomplete" }],
          failed: { code: "upstream_cut" },
        },
      },
    ],
  },
  {
    name: "a call that nobody has answered",
    turns: [
      { send: { tools: [weather] }, model: [toolCalls([inParis])], expect: { output: [callOf("Paris")] } },
      {
        send: (story) => ({ previous_response_id: lastOf(story).id, input: "Never mind." }),
        expect: { refused: { status: 422, code: null, param: "input" } },
      },
    ],
  },
];
