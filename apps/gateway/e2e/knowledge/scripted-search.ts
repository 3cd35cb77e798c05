import { type RecordedRequest, type Script, text, toolCalls } from "@gateway/testkit";

/** What the model writes, in order: the queries of a search in each turn before the last, then the answer. */
export interface SearchingModel {
  searches: readonly (readonly string[])[];
  answer: string;
  /** The pieces in which the answer arrives; words when left out. */
  tokens?: readonly string[];
}

/**
 * A model that searches as often as it is told and then answers. It knows its turn by the outputs behind the last
 * user message. A turn counts 10 tokens in and 5 out.
 */
export function searching({
  searches,
  answer,
  tokens,
}: SearchingModel): (request: RecordedRequest) => Script {
  const usage = { prompt: 10, completion: 5 };
  return ({ body }) => {
    const messages = body.messages ?? [];
    const done = messages
      .slice(messages.findLastIndex(({ role }) => role === "user"))
      .filter(({ role }) => role === "tool");
    const queries = searches[done.length];
    if (queries === undefined) return text(answer, tokens === undefined ? { usage } : { tokens, usage });
    return toolCalls([{ name: "file_search", arguments: { queries } }], { usage });
  };
}

/** What the model was shown of its searches in a request, one text for each, in order. */
export function shownResults(request: RecordedRequest | undefined): string[] {
  return (request?.body.messages ?? []).flatMap(({ role, content }) =>
    role === "tool" ? [String(content)] : [],
  );
}
