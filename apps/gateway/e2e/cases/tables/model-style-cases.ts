import {
  cut,
  done,
  finishChunk,
  llamaCppStyle,
  ollamaStyle,
  raw,
  reasoningChunk,
  roleChunk,
  type ScriptSource,
  text,
  toolCallChunk,
  usageChunk,
  vllmStyle,
} from "@gateway/testkit";
import { type Case, message } from "../case.ts";

const weather = { name: "weather", arguments: { city: "Paris" } };
const search = { name: "search", arguments: { query: "tea" } };
const tools = [weather, search].map(({ name }) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object" },
}));
const called = ({ name, arguments: args }: typeof weather | typeof search) => ({
  type: "function_call",
  name,
  arguments: JSON.stringify(args),
  status: "completed",
});
const thought = (words: string) => ({
  type: "reasoning",
  content: [{ type: "reasoning_text", text: words }],
});
const everything = [thought("Well then"), message("So it is"), called(weather), called(search)];
const style = { reasoning: "Well then", text: "So it is", toolCalls: [weather, search] };

/** One answer to a request with two functions. */
function answering(name: string, script: ScriptSource, output: readonly object[], more: object = {}): Case {
  return { name, turns: [{ send: { tools }, model: [script], expect: { output, ...more } }] };
}

/** Answers in the ways in which model servers write them. */
export const modelStyleCases: readonly Case[] = [
  answering("Ollama's style", ollamaStyle(style), everything),
  answering(
    "Ollama's style with one index for all calls",
    ollamaStyle({ ...style, sameIndex: true }),
    everything,
  ),
  answering("llama.cpp's style", llamaCppStyle(style), everything),
  answering("vLLM's style", vllmStyle(style), everything),
  answering("thoughts in tags", text("<think>Hmm, so</think>It is"), [thought("Hmm, so"), message("It is")]),
  answering(
    "a frame that is split inside a character",
    [
      raw(Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"é').subarray(0, -1)),
      raw(Buffer.from([0xa9])),
      raw('"}}]}\n\n'),
      ...[finishChunk("stop"), done()],
    ],
    [message("é")],
  ),
  answering(
    "a call without arguments",
    [roleChunk(), toolCallChunk({ index: 0, id: "c", name: "search" }), finishChunk("tool_calls"), done()],
    [{ ...called(search), arguments: "{}" }],
  ),
  answering(
    "a connection that is cut inside a thought",
    [roleChunk(), reasoningChunk("Hm"), cut()],
    [{ ...thought("Hm"), status: "incomplete" }],
    { failed: { code: "upstream_cut" } },
  ),
  answering(
    "a usage with details",
    [
      ...text("ok", { usage: false }).slice(0, -1),
      usageChunk({ prompt: 7, completion: 5, cached: 3, reasoning: 2 }),
      done(),
    ],
    [message("ok")],
    {
      response: {
        usage: {
          input_tokens: 7,
          input_tokens_details: { cached_tokens: 3 },
          output_tokens: 5,
          output_tokens_details: { reasoning_tokens: 2 },
          total_tokens: 12,
        },
      },
    },
  ),
];
