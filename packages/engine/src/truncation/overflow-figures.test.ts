import { expect, test } from "vitest";
import { readOverflowFigures } from "./overflow-figures.ts";

test.each([
  [
    "llama.cpp",
    "request (6014 tokens) exceeds the available context size (2048 tokens), try increasing it",
    2048,
    6014,
  ],
  [
    "OpenAI",
    "This model's maximum context length is 4096 tokens. However, your messages resulted in 5001 tokens. Please reduce the length of the messages.",
    4096,
    5001,
  ],
  [
    "vLLM, older",
    "This model's maximum context length is 4096 tokens. However, you requested 6000 tokens (5000 in the messages, 1000 in the completion). Please reduce the length of the messages or completion.",
    4096,
    5000,
  ],
  [
    "vLLM",
    "This model's maximum context length is 2048 tokens. However, your request has 8 input tokens plus 2045 'max_tokens'. Please reduce one or the other.",
    2048,
    8,
  ],
  [
    "vLLM, which stopped counting",
    "This model's maximum context length is 4096 tokens. However, you requested 100 output tokens and your prompt contains at least 3997 input tokens, for a total of at least 4097 tokens. Please reduce the length of the input prompt or the number of requested output tokens.",
    4096,
    undefined,
  ],
  [
    "vLLM's engine",
    "The decoder prompt (length 8357) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.",
    8192,
    8357,
  ],
  ["SGLang", "The input (5000 tokens) is longer than the model's context length (4096 tokens).", 4096, 5000],
  [
    "SGLang, with the answer",
    "Requested token count exceeds the model's maximum context length of 4096 tokens. You requested a total of 5000 tokens: 4000 tokens from the input messages and 1000 tokens for the completion.",
    4096,
    4000,
  ],
  [
    "TGI",
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 1000 `max_new_tokens`",
    4096,
    4000,
  ],
  ["Anthropic", "prompt is too long: 215000 tokens > 200000 maximum", 200_000, 215_000],
  [
    "Mistral",
    "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    32_768,
    40_000,
  ],
  [
    "Gemini",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    1_048_576,
    1_200_000,
  ],
  ["Groq", "Please reduce the length of the messages or completion.", undefined, undefined],
])("the numbers are found in the words of %s", (_, message, window, context) => {
  expect(readOverflowFigures(message)).toEqual({ window, context });
});
