import type { ModelDelta, ModelTurn } from "@gateway/engine";
import { garbage } from "../upstream/upstream-errors.ts";
import type { UpstreamExchange } from "../upstream/upstream-exchange.ts";
import { type ChatStreamOptions, longestEvent } from "./chat-stream-reader.ts";
import type { ChatDialect } from "./dialect.ts";
import { fromChatCompletion } from "./from-chat-completion.ts";
import { type FaultContext, fromErrorChunk } from "./from-chat-error.ts";
import { fromChatStream } from "./from-chat-stream.ts";

/**
 * Reads the answer to a turn as what its content type says it is. Throws `upstream_garbage` for a web page; what else is
 * wrong with it is thrown from the iterator.
 */
export function readAnswer(
  exchange: UpstreamExchange,
  turn: ModelTurn,
  { thinkTags }: ChatDialect,
  context: FaultContext,
): AsyncIterable<ModelDelta[]> {
  const options: ChatStreamOptions = {
    backend: context.backend,
    thinkTags,
    knownCallIds: () => callIdsOf(turn),
    toError: (error) => fromErrorChunk(error, context),
  };
  const type = exchange.headers["content-type"] ?? "";
  if (type.includes("json")) return readCompletion(exchange, options);
  if (type.includes("html")) {
    void exchange.return();
    throw garbage(context.backend, "a web page. Its url may be that of a web interface");
  }
  return fromChatStream(exchange, options);
}

/** A server that ignores `stream` sends the whole answer at once. */
async function* readCompletion(
  exchange: UpstreamExchange,
  options: ChatStreamOptions,
): AsyncGenerator<ModelDelta[], void, undefined> {
  const { text, complete } = await exchange.text(longestEvent);
  if (!complete) throw garbage(options.backend, "more than 8 MiB");
  yield fromChatCompletion(text, options);
}

function* callIdsOf({ items }: ModelTurn): Generator<string, void, undefined> {
  for (const item of items) if (item.type === "function_call") yield item.call_id;
}
