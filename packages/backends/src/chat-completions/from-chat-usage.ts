import type { Usage } from "@gateway/protocol";
import type { ChatUsage } from "./chat-chunk.ts";

/** Translates token counts; what a server does not count is 0. */
export function fromChatUsage(usage: ChatUsage): Usage {
  const input = count(usage.prompt_tokens) ?? 0;
  const output = count(usage.completion_tokens) ?? 0;
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: count(prompt?.cached_tokens) ?? count(usage.prompt_cache_hit_tokens) ?? 0,
      cache_write_tokens: count(prompt?.cache_write_tokens) ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: count(completion?.reasoning_tokens) ?? 0 },
    total_tokens: count(usage.total_tokens) ?? input + output,
  };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
}
