import type { ModelTurn } from "@gateway/engine";
import type { CreateRequest, TextFormat } from "@gateway/protocol";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatDialect } from "./dialect.ts";
import { toChatMessages } from "./to-chat-messages.ts";
import { toChatTools } from "./to-chat-tools.ts";

/** Parameters that mean the same in both APIs. `metadata` is not among them: it is kept with the response. */
const sameInBoth = [
  "temperature",
  "top_p",
  "user",
  "service_tier",
  "safety_identifier",
  "prompt_cache_key",
  "seed",
  "stop",
  "frequency_penalty",
  "presence_penalty",
] as const satisfies readonly (keyof CreateRequest)[];

/**
 * Translates one turn into the body of `POST /chat/completions`. Only what the caller set is sent, so that
 * the server's own defaults hold. The answer is always streamed, with token counts at the end.
 *
 * Throws a 422 {@link ApiError} for parts that cannot be sent; `param` is the caller's
 * own path, or `input` for an item of the history.
 */
export function toChatRequest(turn: ModelTurn, dialect: ChatDialect): ChatRequest {
  const { request } = turn;
  const body: ChatRequest = {
    model: turn.model,
    messages: toChatMessages(turn, dialect),
    stream: true,
    stream_options: { include_usage: true },
    ...toChatTools(turn, dialect),
  };
  for (const field of sameInBoth) {
    if (request[field] !== undefined) body[field] = request[field];
  }
  if (turn.maxOutputTokens !== undefined) body[dialect.maxTokensKey] = turn.maxOutputTokens;
  const effort = toEffort(request.reasoning?.effort, dialect);
  if (effort !== undefined) body.reasoning_effort = effort;
  if (request.text?.verbosity != null) body.verbosity = request.text.verbosity;
  const format = toResponseFormat(request.text?.format);
  if (format !== undefined) body.response_format = format;
  if (wantsLogprobs(request)) {
    body.logprobs = true;
    if (request.top_logprobs !== undefined) body.top_logprobs = request.top_logprobs;
  }
  return body;
}

type Effort = NonNullable<CreateRequest["reasoning"]>["effort"];

/** Servers other than OpenAI know three efforts and "none"; the ones beyond become their neighbours. */
function toEffort(effort: Effort, dialect: ChatDialect): string | undefined {
  if (effort == null) return undefined;
  if (dialect.efforts === "all") return effort;
  if (effort === "minimal") return "low";
  return effort === "xhigh" || effort === "max" ? "high" : effort;
}

function toResponseFormat(format: TextFormat | null | undefined): unknown {
  if (format == null || format.type === "text") return undefined;
  if (format.type === "json_object") return { type: "json_object" };
  const { name, schema, strict, description } = format;
  return {
    type: "json_schema",
    json_schema: {
      name,
      schema,
      ...(strict != null && { strict }),
      ...(description != null && { description }),
    },
  };
}

/** Asking for alternatives is asking for log probabilities, with or without the `include`. */
function wantsLogprobs({ include, top_logprobs: top }: CreateRequest): boolean {
  return include?.includes("message.output_text.logprobs") === true || (top ?? 0) > 0;
}
