import type { InputItem, Item } from "@gateway/protocol";

/** The call_id of an item that is a call which has to be answered; undefined for every other. */
export function callOf(item: Item): string | undefined {
  switch (item.type) {
    case "function_call":
    case "custom_tool_call":
    case "local_shell_call":
    case "shell_call":
    case "apply_patch_call":
    case "computer_call":
      return item.call_id;
    case "tool_search_call":
      // One without an id was made by a server, which needs no answer.
      return item.call_id ?? undefined;
    default:
      return undefined;
  }
}

/** The call_id that an item answers; undefined for one that answers nothing. Any kind of output answers any kind of call. */
export function answerOf(item: Item): string | undefined {
  switch (item.type) {
    case "function_call_output":
    case "custom_tool_call_output":
    case "shell_call_output":
    case "apply_patch_call_output":
    case "computer_call_output":
      return item.call_id;
    case "local_shell_call_output":
    case "tool_search_output":
      return item.call_id ?? undefined;
    default:
      return undefined;
  }
}

/**
 * The id that an item has of its own, as a caller sends it. That of a local shell's output may be the call's, where it
 * has no `call_id`.
 */
export function ownIdOf(item: InputItem): string | undefined {
  const isOfCall = item.type === "local_shell_call_output" && item.call_id == null;
  return (isOfCall ? undefined : item.id) || undefined;
}

/** What a call or an output is called in messages. */
export function nameOfKind({ type }: Item): string {
  return type.replaceAll("_", " ");
}

/**
 * The items with outputs of local shells naming their calls by call_id: the API lets them name it by `id`, and some
 * callers send the id of the item.
 */
export function withCallIds(items: readonly Item[], among: readonly Item[]): Item[] {
  const byItem = new Map<string, string>();
  for (const item of among) if (item.type === "local_shell_call") byItem.set(item.id, item.call_id);
  if (byItem.size === 0) return items as Item[];
  return items.map((item) => {
    const callId = item.type === "local_shell_call_output" ? byItem.get(item.call_id ?? "") : undefined;
    return callId === undefined ? item : ({ ...item, call_id: callId } as Item);
  });
}
