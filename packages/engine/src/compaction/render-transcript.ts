import type { Item } from "@gateway/protocol";
import { isSystemMessage } from "../message-author.ts";
import { withoutCitations } from "../tools/citation-marks.ts";

/** Characters that one item may take; of a longer one the beginning and the end are shown. */
const longestItem = 24_000;

/**
 * A context as text, a passage for each item that says something, so that any model can read it: chat templates differ in
 * what they allow to follow what, and a model that is shown turns of its own goes on with them. Thoughts are left out:
 * what they led to is there. So are messages of the system: they stay in the context as they are. Passages lose their
 * marks, which mean nothing in another request.
 */
export function renderTranscript(items: readonly Item[]): string[] {
  return items.flatMap((item) => {
    const passage = isSystemMessage(item) ? undefined : renderItem(item);
    return passage === undefined ? [] : [passage];
  });
}

function renderItem(item: Item): string | undefined {
  switch (item.type) {
    case "message":
      return passageOf(item.role, renderContent(item.content));
    case "function_call":
      return passageOf(`assistant calls ${item.name} (${item.call_id})`, item.arguments);
    case "function_call_output":
      return passageOf(`output of ${item.call_id}`, withoutCitations(renderContent(item.output)));
    default:
      return undefined;
  }
}

function passageOf(who: string, text: string): string | undefined {
  return text.trim() === "" ? undefined : `${who}: ${shorten(text.trim())}`;
}

function renderContent(content: string | readonly { type: string }[]): string {
  if (typeof content === "string") return content;
  return content.map(renderPart).join("\n");
}

function renderPart(part: { type: string; text?: unknown; refusal?: unknown }): string {
  if (typeof part.text === "string") return part.text;
  if (typeof part.refusal === "string") return part.refusal;
  return `[${part.type.replace(/^input_/, "")}]`;
}

function shorten(text: string): string {
  if (text.length <= longestItem) return text;
  const half = longestItem / 2;
  const left = text.length - longestItem;
  return `${text.slice(0, half)}\n[… ${left} characters left out …]\n${text.slice(-half)}`;
}
