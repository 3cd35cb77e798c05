import type { Item } from "@gateway/protocol";
import type { ModelTurn } from "./model-backend.ts";

/** Names a key of a part as the caller knows it: `input[2].content[0].file_id`. */
export type PartPath = (part: number, key: string) => string;

/**
 * Paths into one item of the context, for errors. An item of the request's own input is named by its place
 * there. An item of the history has no place in the request, so its parts are all called `input`.
 */
export function pathsInto(places: ModelTurn["places"], item: Item): PartPath {
  return (part, key) => {
    const index = places.get(item.id);
    return index === undefined ? "input" : `input[${index}].${fieldOf(item, part)}.${key}`;
  };
}

/** The field of a part. A screenshot is an object; all else that has parts has a list of them. */
function fieldOf({ type }: Item, part: number): string {
  if (type === "computer_call_output") return "output";
  return type.endsWith("_output") ? `output[${part}]` : `content[${part}]`;
}
