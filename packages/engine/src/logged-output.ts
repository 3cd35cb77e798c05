import type { OutputItem, ResponseEvent } from "@gateway/protocol";
import type { OpenItem } from "./open-item.ts";

/**
 * The output that a log tells of, in its order. `open` are the items that were open at its end, by their place, as
 * `reopenItems` gives them. Of an item that is in `output` already that one is taken: it is more than the log
 * tells.
 */
export function toLoggedOutput(
  logged: readonly ResponseEvent[],
  open: ReadonlyMap<number, OpenItem>,
  output: readonly OutputItem[],
): OutputItem[] {
  const known = new Map(output.map((item) => [item.id, item]));
  const items = new Map([...open].map(([index, { item }]) => [index, item]));
  for (const event of logged) {
    if (event.type !== "response.output_item.done") continue;
    items.set(event.output_index, known.get(event.item.id) ?? event.item);
  }
  return [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
}
