import type { Item, OutputItem } from "@gateway/protocol";

/** The context of a response that has ended, for one that continues it: without what a compaction in its output covers. */
export function toRemembered(context: readonly Item[], output: readonly OutputItem[]): Item[] {
  const last = output.findLastIndex(isCompacted);
  return [...(last < 0 ? context : []), ...output.slice(Math.max(0, last))] as Item[];
}

/** True for a compaction that was not cut short. */
export function isCompacted(item: OutputItem): boolean {
  return item.type === "compaction" && item.encrypted_content !== "";
}
