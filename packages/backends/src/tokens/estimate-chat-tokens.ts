import type { ChatMessage, ChatPart, ChatRequest } from "../chat-completions/chat-request.ts";
import { countText } from "./count-text.ts";
import { imageTokens } from "./image-tokens.ts";

/** What a chat template writes around a message, around a call or a function, and before the answer. */
const overhead = { message: 4, call: 6, tool: 8, answer: 3 };

/** Audio is about ten tokens a second, and a second of it so many bytes. */
const audio = { perSecond: 10, bytes: { wav: 48_000, mp3: 16_000 } };

/**
 * Estimates what a chat request comes to: its texts, functions and schema by {@link countText}, pictures by
 * {@link imageTokens}, and what templates usually add. Throws the signal's reason once it is aborted.
 */
export async function estimateChatTokens(request: ChatRequest, signal: AbortSignal): Promise<number> {
  const texts: string[] = [];
  let others = overhead.answer;
  for (const message of request.messages) {
    others += overhead.message + mediaTokens(message);
    texts.push(...textsOf(message));
    if ("tool_calls" in message) others += (message.tool_calls?.length ?? 0) * overhead.call;
  }
  for (const tool of request.tools ?? []) {
    others += overhead.tool;
    texts.push(JSON.stringify(tool.function));
  }
  if (request.response_format !== undefined) texts.push(JSON.stringify(request.response_format));
  return others + (await countText(texts, signal));
}

/** Tokens of the pictures and sounds of a message, which no tokenizer of texts counts. */
export function mediaTokens({ content }: ChatMessage): number {
  if (!Array.isArray(content)) return 0;
  return content.reduce((sum, part) => sum + partTokens(part), 0);
}

function partTokens(part: ChatPart): number {
  switch (part.type) {
    case "text":
      return 0;
    case "image_url":
      return imageTokens(part.image_url.url, part.image_url.detail);
    case "input_audio": {
      const { data, format } = part.input_audio;
      const seconds = (data.length * 3) / 4 / audio.bytes[format];
      return Math.ceil(seconds * audio.perSecond);
    }
  }
}

function* textsOf(message: ChatMessage): Generator<string, void, undefined> {
  const { content } = message;
  if (typeof content === "string") yield content;
  else for (const part of content ?? []) if (part.type === "text") yield part.text;
  if (message.role !== "assistant") return;
  const { refusal, reasoning, reasoning_content: thoughts, tool_calls: calls = [] } = message;
  if (refusal !== undefined) yield refusal;
  // Where the same thought is sent under both keys, a server reads one of them.
  const thought = thoughts ?? reasoning;
  if (thought !== undefined) yield thought;
  for (const { function: called } of calls) yield `${called.name} ${called.arguments}`;
}
