import { type RecordedRequest, type Script, text, toolCalls } from "@gateway/testkit";

/** What the model is asked for: so many words, after a search in the files if `searches`. */
export interface PacedQuestion {
  name: string;
  words: number;
  searches?: boolean;
}

/** The text that {@link paced} understands. */
export function toQuestion({ name, words, searches = false }: PacedQuestion): string {
  return `${name}, ${searches ? "search, then " : ""}say ${words} words.`;
}

/** What is said to a question in the end. */
export function answerTo({ name, words }: PacedQuestion): string {
  return Array.from({ length: words }, (_, n) => `${name}-${n}`).join(" ");
}

/** A model that says a word every `everyMs` milliseconds, as many as the last user message asks for. */
export function paced(everyMs: number): (request: RecordedRequest) => Script {
  return ({ body }) => {
    const messages = body.messages ?? [];
    const at = messages.findLastIndex(({ role }) => role === "user");
    const question = String(messages[at]?.content);
    const [, name, search, words] = /^(\S+), (search, then )?say (\d+) words/.exec(question) ?? [];
    if (name === undefined) throw new Error(`the model was asked ${question}`);
    const searched = messages.slice(at).some(({ role }) => role === "tool");
    if (search !== undefined && !searched) {
      return toolCalls([{ name: "file_search", arguments: { queries: ["otters swim"] } }]);
    }
    return text(answerTo({ name, words: Number(words) }), { everyMs });
  };
}
