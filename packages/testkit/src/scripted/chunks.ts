/** Part of a tool call inside a chunk. Every field may be missing, as it may be on the wire. */
export interface ToolCallDelta {
  index?: number;
  id?: string;
  type?: string;
  function?: { name?: string; arguments?: string };
}

/** What one chunk adds to the message. */
export interface ChatDelta {
  role?: string;
  content?: string | null;
  reasoning?: string;
  reasoning_content?: string;
  refusal?: string | null;
  tool_calls?: ToolCallDelta[];
  [field: string]: unknown;
}

/** Log probability of one token, as in `choices[].logprobs.content`. */
export interface TokenLogprob {
  token: string;
  logprob: number;
  bytes?: number[] | null;
  top_logprobs?: { token: string; logprob: number; bytes?: number[] | null }[];
}

/** One choice of a chunk. */
export interface ChunkChoice {
  index: number;
  delta: ChatDelta;
  finish_reason: string | null;
  logprobs?: { content: TokenLogprob[] } | null;
  [field: string]: unknown;
}

/** A `chat.completion.chunk`. The backend fills in id, object, created and model where they are missing. */
export interface ChatChunk {
  choices: ChunkChoice[];
  usage?: unknown;
  [field: string]: unknown;
}

/** An error in the middle of a stream. */
export interface ErrorChunk {
  error: { message: string; type?: string; code?: string | number | null; [field: string]: unknown };
}

/** Token counts of an answer. */
export interface UsageNumbers {
  prompt: number;
  completion: number;
  cached?: number;
  reasoning?: number;
}

/** A chunk with one choice that holds any delta. */
export function deltaChunk(
  delta: ChatDelta,
  extra: {
    index?: number;
    finish_reason?: string | null;
    logprobs?: { content: TokenLogprob[] } | null;
  } = {},
): ChatChunk {
  return { choices: [{ index: 0, delta, finish_reason: null, ...extra }] };
}

/** The opening chunk: the role, with empty content or, as llama.cpp sends it, null. */
export function roleChunk(content: "" | null = ""): ChatChunk {
  return deltaChunk({ role: "assistant", content });
}

/** A piece of the text, with log probabilities of its tokens when given. */
export function contentChunk(text: string, logprobs?: TokenLogprob[]): ChatChunk {
  return deltaChunk({ content: text }, logprobs === undefined ? {} : { logprobs: { content: logprobs } });
}

/** A piece of the reasoning, under the key that the backend uses. */
export function reasoningChunk(
  text: string,
  key: "reasoning" | "reasoning_content" = "reasoning_content",
): ChatChunk {
  return deltaChunk({ [key]: text });
}

/** A piece of a refusal. */
export function refusalChunk(text: string): ChatChunk {
  return deltaChunk({ refusal: text });
}

/**
 * A piece of a tool call that holds exactly the given fields: id and name without arguments for its start,
 * arguments alone for a fragment, all of them for a whole call; without `index`, or with an empty, late or
 * repeated id, for what some backends do.
 */
export function toolCallChunk(call: {
  index?: number;
  id?: string;
  type?: string;
  name?: string;
  arguments?: string;
}): ChatChunk {
  const { name, arguments: args, ...delta } = call;
  const named = {
    ...(name === undefined ? {} : { name }),
    ...(args === undefined ? {} : { arguments: args }),
  };
  return deltaChunk({ tool_calls: [{ ...delta, function: named }] });
}

/** The chunk that says why the answer ends. */
export function finishChunk(reason: string, delta: ChatDelta = {}): ChatChunk {
  return deltaChunk(delta, { finish_reason: reason });
}

/** The chunk with the token counts: it has no choices. */
export function usageChunk({ prompt, completion, cached, reasoning }: UsageNumbers): ChatChunk {
  return {
    choices: [],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      ...(cached === undefined ? {} : { prompt_tokens_details: { cached_tokens: cached } }),
      ...(reasoning === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoning } }),
    },
  };
}

/** An error that comes in the middle of a stream, in place of a chunk. */
export function errorChunk(message: string, extra: Omit<ErrorChunk["error"], "message"> = {}): ErrorChunk {
  return { error: { message, ...extra } };
}
