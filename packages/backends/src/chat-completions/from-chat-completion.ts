import type { ModelDelta } from "@gateway/engine";
import { fromUnreadable, garbage } from "../upstream/upstream-errors.ts";
import type { ChatChunk } from "./chat-chunk.ts";
import type { ChatStreamOptions } from "./chat-stream-reader.ts";
import { ChunkReader } from "./from-chat-chunk.ts";

/**
 * Reads a whole chat completion, for servers that answer with one although a stream was asked for. Throws an
 * ApiError where it is an error, or (`upstream_garbage`) no completion at all.
 */
export function fromChatCompletion(text: string, options: ChatStreamOptions): ModelDelta[] {
  const completion = parse(text);
  if (completion?.error != null) throw options.toError(completion);
  if (!Array.isArray(completion?.choices) || completion.choices.length === 0) {
    throw garbage(options.backend, "no chat completion");
  }
  const reader = new ChunkReader(options);
  const deltas: ModelDelta[] = [];
  try {
    reader.read(completion, deltas);
    reader.end(deltas);
  } catch (thrown) {
    throw fromUnreadable(thrown, options.backend);
  }
  return deltas;
}

function parse(text: string): ChatChunk | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as ChatChunk) : undefined;
  } catch {
    return undefined;
  }
}
