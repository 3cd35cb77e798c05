import type { CreateRequest } from "./create-request.ts";
import { newId } from "./ids.ts";
import type { Item, OutputItem } from "./items.ts";
import type { TextFormat } from "./model-settings.ts";
import { type ToolChoice, toEchoedTool } from "./tools.ts";

export type ResponseStatus = "queued" | "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

/** Token counts of one response, summed over all calls of the model. */
export interface Usage {
  input_tokens: number;
  input_tokens_details: { cached_tokens: number; cache_write_tokens: number };
  output_tokens: number;
  output_tokens_details: { reasoning_tokens: number };
  total_tokens: number;
}

/** What tools that ran here have used, summed over all calls of them. */
export interface ToolUsage {
  image_gen: {
    input_tokens: number;
    input_tokens_details: { image_tokens: number; text_tokens: number };
    output_tokens: number;
    output_tokens_details: { image_tokens: number; text_tokens: number };
    total_tokens: number;
  };
  /** Queries that were put to the search engine; pages that were opened do not count. */
  web_search: { num_requests: number };
}

/** A reasoning item that the model was not shown. */
export interface InputTransformation {
  id: string;
  type: "reasoning";
  action: "removed";
  /**
   * `organization_mismatch`: sealed for another tenant, or by another server, or damaged; `model_mismatch`: another
   * model's; `turn_boundary`: of an earlier turn, where `reasoning.context` wants the current one only.
   */
  reason: "organization_mismatch" | "model_mismatch" | "turn_boundary";
}

/** The Response object (API reference, "The response object"). Every key is always present. */
export interface ResponseObject {
  id: string;
  object: "response";
  /** Unix time in seconds. */
  created_at: number;
  completed_at: number | null;
  status: ResponseStatus;
  error: { code: string; message: string } | null;
  incomplete_details: { reason: "max_output_tokens" | "content_filter" | "steered" } | null;
  /** The items that a prompt was rendered to, where there was one. */
  instructions: string | Item[] | null;
  model: string;
  output: OutputItem[];
  /** Thoughts that were sent with the request and kept from the model; left out where there are none. */
  input_transformations?: InputTransformation[];
  usage: Usage | null;
  /** Left out where no such tool was on offer. */
  tool_usage?: ToolUsage;
  previous_response_id: string | null;
  conversation: { id: string } | null;
  tools: Record<string, unknown>[];
  tool_choice: ToolChoice;
  parallel_tool_calls: boolean;
  max_tool_calls: number | null;
  max_output_tokens: number | null;
  temperature: number;
  top_p: number;
  top_logprobs: number;
  presence_penalty: number;
  frequency_penalty: number;
  text: { format: TextFormat; verbosity: string };
  reasoning: Record<string, unknown>;
  truncation: string;
  metadata: Record<string, string>;
  store: boolean;
  background: boolean;
  service_tier: string;
  /** Left out where it was not given: the API has no null here. */
  user?: string;
  safety_identifier: string | null;
  prompt_cache_key: string | null;
  prompt: CreateRequest["prompt"] | null;
  access_programs: null;
}

/**
 * The object of a response that has just begun: what was asked for, with every default filled in. `prompt` is what the
 * request's prompt was rendered to; it is told as `instructions`, before those of the request itself.
 */
export function toInitialResponse(
  request: CreateRequest,
  id: string,
  createdAt: number,
  prompt: readonly Item[] = [],
): ResponseObject {
  return {
    id,
    object: "response",
    created_at: createdAt,
    completed_at: null,
    status: "in_progress",
    error: null,
    incomplete_details: null,
    instructions: toInstructions(request.instructions, prompt),
    model: request.model,
    output: [],
    usage: null,
    previous_response_id: request.previous_response_id ?? null,
    conversation: request.conversation === undefined ? null : { id: request.conversation },
    tools: (request.tools ?? []).map(toEchoedTool),
    tool_choice: request.tool_choice ?? "auto",
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    max_tool_calls: request.max_tool_calls ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    temperature: request.temperature ?? 1,
    top_p: request.top_p ?? 1,
    top_logprobs: request.top_logprobs ?? 0,
    presence_penalty: request.presence_penalty ?? 0,
    frequency_penalty: request.frequency_penalty ?? 0,
    text: {
      ...request.text,
      format: toEchoedFormat(request.text?.format),
      verbosity: request.text?.verbosity ?? "medium",
    },
    reasoning: {
      ...request.reasoning,
      effort: request.reasoning?.effort ?? null,
      summary: request.reasoning?.summary ?? request.reasoning?.generate_summary ?? null,
    },
    truncation: request.truncation ?? "disabled",
    metadata: request.metadata ?? {},
    store: request.store ?? true,
    background: request.background ?? false,
    service_tier:
      request.service_tier === undefined || request.service_tier === "auto"
        ? "default"
        : request.service_tier,
    ...(request.user !== undefined && { user: request.user }),
    safety_identifier: request.safety_identifier ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    prompt: request.prompt ?? null,
    access_programs: null,
  };
}

/** A format as a response echoes it: with every default filled in. */
function toEchoedFormat(format: TextFormat | null | undefined): TextFormat {
  if (format?.type !== "json_schema") return format ?? { type: "text" };
  return { ...format, description: format.description ?? null, strict: format.strict ?? false };
}

function toInstructions(text: string | undefined, prompt: readonly Item[]): string | Item[] | null {
  if (prompt.length === 0) return text ?? null;
  if (text === undefined) return [...prompt];
  const own: Item = {
    type: "message",
    id: newId("msg"),
    role: "developer",
    status: "completed",
    content: [{ type: "input_text", text }],
  };
  return [...prompt, own];
}
