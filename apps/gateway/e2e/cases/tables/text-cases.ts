import {
  contentChunk,
  cut,
  done,
  errorChunk,
  finishChunk,
  reasoningThenText,
  refusalChunk,
  roleChunk,
  text,
} from "@gateway/testkit";
import { type Case, message } from "../case.ts";

const schema = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const city = { type: "json_schema", name: "place", schema, strict: true };
const thought = { type: "reasoning", content: [{ type: "reasoning_text", text: "Let me see" }] };
const logprob = { token: "yes", logprob: -0.25, bytes: [121, 101, 115], top_logprobs: [] };

/** Answers without any tool. */
export const textCases: readonly Case[] = [
  {
    name: "a text",
    turns: [
      {
        send: { instructions: "Be brief.", input: "Hello?", temperature: 0.5, metadata: { of: "case" } },
        model: [text('Hello big world, é\u2028 "😀" \\ \u0000')],
        expect: {
          output: [message('Hello big world, é\u2028 "😀" \\ \u0000', { status: "completed" })],
          response: {
            usage: { input_tokens: 10, output_tokens: 7, total_tokens: 17 },
            instructions: "Be brief.",
            temperature: 0.5,
            metadata: { of: "case" },
            tools: [],
            tool_choice: "auto",
            incomplete_details: null,
          },
          asked: [
            {
              messages: [
                { role: "system", content: "Be brief." },
                { role: "user", content: "Hello?" },
              ],
              temperature: 0.5,
              stream: true,
            },
          ],
        },
      },
    ],
  },
  { name: "no word at all", turns: [{ send: {}, model: [text("")], expect: { output: [] } }] },
  {
    name: "fields that are null",
    turns: [
      {
        send: { temperature: null, tools: null, instructions: null, previous_response_id: null, store: null },
        model: [text("Hello")],
        expect: { output: [message("Hello")], response: { temperature: 1, tools: [], store: true } },
      },
    ],
  },
  {
    name: "reasoning, then text",
    turns: [
      {
        send: { reasoning: { effort: "low" } },
        model: [reasoningThenText("Let me see", "It is")],
        expect: {
          output: [{ ...thought, summary: [] }, message("It is")],
          response: {
            usage: { output_tokens: 5, output_tokens_details: { reasoning_tokens: 3 } },
            reasoning: { effort: "low", summary: null },
          },
          asked: [{ reasoning_effort: "low" }],
        },
      },
    ],
  },
  {
    name: "reasoning with a summary",
    turns: [
      {
        send: { reasoning: { summary: "auto" } },
        model: [reasoningThenText("Let me see", "It is", { key: "reasoning" })],
        expect: {
          output: [{ ...thought, summary: [{ type: "summary_text", text: "Let me see" }] }, message("It is")],
        },
      },
    ],
  },
  {
    name: "a refusal",
    turns: [
      {
        send: {},
        model: [[roleChunk(), refusalChunk("I will"), refusalChunk(" not."), finishChunk("stop"), done()]],
        expect: { output: [{ type: "message", content: [{ type: "refusal", refusal: "I will not." }] }] },
      },
    ],
  },
  {
    name: "log probabilities",
    turns: [
      {
        send: { include: ["message.output_text.logprobs"] },
        model: [[roleChunk(), contentChunk("yes", [logprob]), finishChunk("stop"), done()]],
        expect: {
          output: [{ type: "message", content: [{ text: "yes", logprobs: [logprob] }] }],
          asked: [{ logprobs: true }],
        },
      },
    ],
  },
  {
    name: "an answer cut by its length",
    turns: [
      {
        send: { max_output_tokens: 16 },
        model: [text("Hello big", { finish: "length" })],
        expect: {
          status: "incomplete",
          output: [message("Hello big", { status: "incomplete" })],
          response: { incomplete_details: { reason: "max_output_tokens" }, max_output_tokens: 16 },
        },
      },
    ],
  },
  {
    name: "an answer cut by a content filter",
    turns: [
      {
        send: {},
        model: [text("Hello", { finish: "content_filter" })],
        expect: {
          status: "incomplete",
          output: [message("Hello", { status: "incomplete" })],
          response: { incomplete_details: { reason: "content_filter" } },
        },
      },
    ],
  },
  {
    name: "a connection to the model that is cut",
    turns: [
      {
        send: {},
        model: [[roleChunk(), contentChunk("Hel"), cut()]],
        expect: { output: [message("Hel", { status: "incomplete" })], failed: { code: "upstream_cut" } },
      },
    ],
  },
  {
    name: "an error in the middle of the answer",
    turns: [
      {
        send: {},
        model: [[roleChunk(), contentChunk("Hel"), errorChunk("Out of memory.")]],
        expect: { output: [message("Hel", { status: "incomplete" })], failed: { code: "upstream_error" } },
      },
    ],
  },
  {
    name: "an answer in the form of a schema",
    turns: [
      {
        send: { text: { format: city } },
        model: [text('{"city":"Paris"}')],
        expect: {
          output: [message('{"city":"Paris"}')],
          response: { text: { format: city, verbosity: "medium" } },
          asked: [
            {
              response_format: { type: "json_schema", json_schema: { name: "place", schema, strict: true } },
            },
          ],
        },
      },
    ],
  },
];
