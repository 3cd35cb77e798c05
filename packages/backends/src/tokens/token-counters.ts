import type { ChatMessage, ChatRequest } from "../chat-completions/chat-request.ts";
import type { Question, Reply } from "../server/ask-server.ts";
import { isGoodStatus } from "../upstream/is-good-status.ts";
import { mediaTokens } from "./estimate-chat-tokens.ts";
import { readLength, readNumber, readText } from "./read-count.ts";

/** Asks the server at hand. */
export type Ask = (question: Pick<Question, "path" | "atRoot" | "body" | "longest">) => Promise<Reply>;

/**
 * Most bytes of an answer that holds all tokens, or the prompt, of what was sent in so many characters: a token has one
 * character or more, and its number in a list takes up to eight bytes. Where the list is cut off, a count that comes
 * before it is still found.
 */
const longestList = (sent: number): number => Math.min(64 * 1024 + 8 * sent, 8 * 1024 * 1024);
/** Most bytes of an answer that holds a number. */
const longestNumber = (): number => 64 * 1024;

/** One of the ways in which servers count tokens. */
export interface TokenCounter {
  readonly name: string;
  /**
   * Tokens of a chat request, its template included, and whether that is all the model is shown. Where the server
   * answers otherwise than this way demands, its reply. Throws what `ask` throws.
   */
  count(request: ChatRequest, ask: Ask): Promise<Counted | Reply>;
}

/** A server's count. */
export interface Counted {
  tokens: number;
  /** False where something in it was estimated. */
  exact: boolean;
}

/** llama.cpp, newer: `POST /v1/chat/completions/input_tokens` takes the request as it is, pictures included. */
const inputTokens: TokenCounter = {
  name: "input_tokens",
  async count({ stream: _stream, stream_options: _options, ...request }, ask) {
    const reply = await ask({
      path: "/chat/completions/input_tokens",
      body: request,
      longest: longestNumber,
    });
    const tokens = readNumber(goodText(reply), "input_tokens");
    return tokens === undefined ? reply : { tokens, exact: true };
  },
};

/** vLLM: `POST /tokenize` takes messages and applies the template; it does not count pictures. */
const tokenize: TokenCounter = {
  name: "tokenize",
  async count(request, ask) {
    const { model, tools } = request;
    const { messages, media } = withoutMedia(request.messages);
    const body = { model, messages, ...(tools && { tools }), add_generation_prompt: true };
    const reply = await ask({ path: "/tokenize", atRoot: true, body, longest: longestList });
    const count = readNumber(goodText(reply), "count");
    return count === undefined ? reply : { tokens: count + media, exact: media === 0 };
  },
};

/** llama.cpp, older: `POST /apply-template` makes the prompt, `POST /tokenize` its tokens. */
const applyTemplate: TokenCounter = {
  name: "apply-template",
  async count(request, ask) {
    const { stream: _stream, stream_options: _options, ...fields } = request;
    const { messages, media } = withoutMedia(request.messages);
    const templated = await ask({
      path: "/apply-template",
      atRoot: true,
      body: { ...fields, messages },
      longest: longestList,
    });
    const content = readText(goodText(templated), "prompt");
    if (content === undefined) return templated;
    const body = { content, add_special: true, parse_special: true };
    const reply = await ask({ path: "/tokenize", atRoot: true, body, longest: longestList });
    const tokens = readLength(goodText(reply), "tokens");
    return tokens === undefined ? reply : { tokens: tokens + media, exact: media === 0 };
  },
};

/** All ways, the best one first. */
export const tokenCounters: readonly TokenCounter[] = [inputTokens, tokenize, applyTemplate];

/** Whether a counter's answer is a count, not the reply of a server that does not know the way. */
export function isCounted(answer: Counted | Reply): answer is Counted {
  return "tokens" in answer;
}

/** The messages with their texts alone, and what the rest of them is estimated at. */
function withoutMedia(messages: readonly ChatMessage[]): { messages: ChatMessage[]; media: number } {
  let media = 0;
  const texts = messages.map((message): ChatMessage => {
    const tokens = mediaTokens(message);
    if (tokens === 0 || message.role !== "user" || typeof message.content === "string") return message;
    media += tokens;
    return { ...message, content: message.content.filter(({ type }) => type === "text") };
  });
  return { messages: texts, media };
}

/** The body of an answer; empty where it is none. */
function goodText({ status, text }: Reply): string {
  return isGoodStatus(status) ? text : "";
}
