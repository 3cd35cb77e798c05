/**
 * A chunk of a chat completions stream, or a whole chat completion, as servers really send it: any field may
 * be missing, null or of another type, so everything is looked at before it is used.
 */
export interface ChatChunk {
  choices?: ChatChoice[] | null;
  usage?: ChatUsage | null;
  service_tier?: unknown;
  error?: unknown;
}

/** One choice of a chunk (`delta`) or of a whole completion (`message`). */
export interface ChatChoice {
  index?: unknown;
  delta?: ChatDelta | null;
  message?: ChatDelta | null;
  finish_reason?: unknown;
  logprobs?: { content?: unknown } | null;
}

/** What a chunk adds to the message. */
export interface ChatDelta {
  content?: unknown;
  refusal?: unknown;
  reasoning?: unknown;
  reasoning_content?: unknown;
  tool_calls?: ToolCallFragment[] | null;
  function_call?: ToolCallFragment["function"];
  annotations?: unknown;
}

/** A piece of a tool call. */
export interface ToolCallFragment {
  index?: unknown;
  id?: unknown;
  function?: { name?: unknown; arguments?: unknown } | null;
}

/** Token counts of one call of the model. */
export interface ChatUsage {
  prompt_tokens?: unknown;
  completion_tokens?: unknown;
  total_tokens?: unknown;
  prompt_tokens_details?: { cached_tokens?: unknown; cache_write_tokens?: unknown } | null;
  completion_tokens_details?: { reasoning_tokens?: unknown } | null;
  /** DeepSeek's name for cached tokens. */
  prompt_cache_hit_tokens?: unknown;
}
