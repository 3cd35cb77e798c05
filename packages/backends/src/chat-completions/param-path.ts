import type { CreateRequest, Item } from "@gateway/protocol";

/** Names a key of a part as the caller knows it: `input[2].content[0].file_id`. */
export type PartPath = (part: number, key: string) => string;

/**
 * Paths into one item of the context, for errors. An item of the request's own input is named by its place
 * there; it is told by its list of parts, which is carried over from the request as it is. An item of the
 * history has no place in the request, so its parts are all called `input`.
 */
export function pathsInto(request: CreateRequest, item: Item): PartPath {
  // Looked for only when there is an error to report.
  return (part, key) => {
    const field = item.type === "function_call_output" ? "output" : "content";
    const index = indexInInput(request, partsOf(item));
    return index < 0 ? "input" : `input[${index}].${field}[${part}].${key}`;
  };
}

function indexInInput({ input }: CreateRequest, parts: unknown): number {
  if (!Array.isArray(input) || !Array.isArray(parts)) return -1;
  return input.findIndex((candidate) => partsOf(candidate) === parts);
}

function partsOf(item: { type: string; [key: string]: unknown }): unknown {
  return item.type === "function_call_output" ? item.output : item.content;
}
