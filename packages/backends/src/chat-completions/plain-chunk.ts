import type { ChatChunk } from "./chat-chunk.ts";

/**
 * The token of a chunk that brings a piece of text and nothing else; undefined for any other chunk. Such
 * chunks may serve as a {@link ContentTemplate}.
 */
export function plainTokenOf({ choices, usage, error }: ChatChunk): string | undefined {
  if (usage != null || error != null || choices?.length !== 1) return undefined;
  const [choice] = choices;
  if (choice === undefined || (choice.index ?? 0) !== 0 || choice.message != null) return undefined;
  if (choice.finish_reason != null || choice.logprobs != null || choice.delta == null) return undefined;
  for (const [key, value] of Object.entries(choice.delta)) {
    if (key === "content" || key === "role" || value == null || value === "") continue;
    return undefined;
  }
  return typeof choice.delta.content === "string" ? choice.delta.content : undefined;
}
