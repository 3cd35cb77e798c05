import type { ContentPart } from "./content.ts";
import type { InputItem, Item } from "./items.ts";

/** An item that stands for itself, not for another. */
type WholeItem = Exclude<InputItem, { type: "item_reference" }>;

/**
 * An item as it is stored and listed, in the full form that the SDKs' types promise: with an id and a status, a
 * message's plain text as the one part that it is short for, and the defaults of parts filled in.
 */
export function toStoredItem(item: WholeItem, id: string): Item {
  switch (item.type) {
    case "message":
      return { ...item, id, status: item.status ?? "completed", content: toParts(item.role, item.content) };
    case "function_call":
    case "function_call_output":
      return { ...item, id, status: item.status ?? "completed" };
    case "reasoning":
      return { ...item, id, summary: item.summary ?? [] };
    case "file_search_call":
      return { ...item, id, queries: item.queries ?? [], results: item.results ?? null };
    default:
      return { ...item, id };
  }
}

function toParts(role: string, content: string | ContentPart[]): ContentPart[] {
  if (typeof content !== "string") return content.map(toFullPart);
  return [toFullPart({ type: role === "assistant" ? "output_text" : "input_text", text: content })];
}

function toFullPart(part: ContentPart): ContentPart {
  if (part.type === "output_text") return { annotations: [], logprobs: [], ...part };
  return part.type === "input_image" ? { ...part, detail: part.detail ?? "auto" } : part;
}
