import type { ContentPart } from "./content.ts";
import type { InputItem, Item } from "./items.ts";

/** An item that stands for itself, not for another. */
type WholeItem = Exclude<InputItem, { type: "item_reference" }>;

/**
 * An item as it is stored and listed: with an id, with a status, and a message's plain text as the one part
 * that it is short for.
 */
export function toStoredItem(item: WholeItem, id: string): Item {
  switch (item.type) {
    case "message":
      return { ...item, id, status: item.status ?? "completed", content: toParts(item.role, item.content) };
    case "function_call":
    case "function_call_output":
      return { ...item, id, status: item.status ?? "completed" };
    default:
      return { ...item, id };
  }
}

function toParts(role: string, content: string | ContentPart[]): ContentPart[] {
  if (typeof content !== "string") return content;
  if (role === "assistant") return [{ type: "output_text", text: content, annotations: [] }];
  return [{ type: "input_text", text: content }];
}
