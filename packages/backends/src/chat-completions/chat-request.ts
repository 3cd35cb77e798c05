/** A part of a user message (OpenAI API reference, "Create chat completion", `messages[].content`). */
export type ChatPart =
  | { type: "text"; text: string }
  | { type: "image_url"; image_url: { url: string; detail?: "low" | "high" | "auto" } }
  | { type: "input_audio"; input_audio: { data: string; format: "mp3" | "wav" } };

/** A call the model made in an earlier turn. */
export interface ChatToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** What the model said in an earlier turn: thoughts, text and calls in one message. */
export interface ChatAssistantMessage {
  role: "assistant";
  content: string | null;
  refusal?: string;
  reasoning?: string;
  reasoning_content?: string;
  tool_calls?: ChatToolCall[];
}

/** A message of the conversation as chat completions know it. */
export type ChatMessage =
  | { role: "system" | "developer"; content: string }
  | { role: "user"; content: string | ChatPart[] }
  | ChatAssistantMessage
  | { role: "tool"; tool_call_id: string; content: string };

/** A function offered to the model. */
export interface ChatTool {
  type: "function";
  function: { name: string; description?: string; parameters: Record<string, unknown>; strict?: boolean };
}

/** Which function the model may or must call. */
export type ChatToolChoice = "none" | "auto" | "required" | { type: "function"; function: { name: string } };

/** The body of `POST /chat/completions`. Keys the caller did not ask for are absent. */
export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  stream: true;
  stream_options: { include_usage: true };
  tools?: ChatTool[];
  tool_choice?: ChatToolChoice;
  parallel_tool_calls?: boolean;
  [parameter: string]: unknown;
}
