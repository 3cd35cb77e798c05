import type { Item } from "@gateway/protocol";
import type { Sealer } from "../sealer.ts";

/** What a compaction item says; callers keep it sealed. */
export interface CompactionContent {
  /** The model that wrote the summary, by the name that the request gave it. */
  model: string;
  /** What was said in the items that are gone, for a model to go on from; empty where there were none. */
  summary: string;
  /** Items of the context that stay word for word, oldest first. */
  kept: Item[];
  /** True where the whole context before the item is covered by it; false where the items before it stay. */
  replaces: boolean;
  /**
   * The user's messages that were given out before the item, where it does not replace what is before it: some clients
   * cut off everything before a compaction.
   */
  users?: Item[] | undefined;
  /** Tokens that the model has written for the summary: `max_output_tokens` does not count them. */
  tokens: number;
}

/** The form that is written; another one is not understood. */
const version = 1;

/** Seals what a compaction says, for its tenant alone. */
export function sealCompaction(content: CompactionContent, tenant: string, sealer: Sealer): string {
  return sealer.seal(JSON.stringify({ version, ...content }), contextOf(tenant));
}

/**
 * What a compaction says. Undefined where it was not sealed here, for another tenant, under a key that this server does
 * not have, or was changed.
 */
export function openCompaction(
  sealed: string,
  tenant: string,
  sealer: Sealer,
): CompactionContent | undefined {
  const opened = sealer.open(sealed, contextOf(tenant));
  if ("fault" in opened) return undefined;
  // It was sealed, so it is as this server wrote it: only the form may be another version's.
  const content = JSON.parse(opened.text) as CompactionContent & { version: unknown };
  return content.version === version ? content : undefined;
}

function contextOf(tenant: string): string {
  return JSON.stringify(["compaction", tenant]);
}
