import type { Item } from "@gateway/protocol";
import { type TurnWeights, weighItem } from "../item-weight.ts";

/** Bytes that a token is taken for, which holds for most languages and for code. */
const bytesPerToken = 4;

/** About how many tokens items come to. */
export function estimateTokens(items: readonly Item[]): number {
  return toTokens(items.reduce((sum, item) => sum + weighItem(item).weight, 0));
}

/** About how many tokens a turn comes to. */
export function estimateTurn({ total }: TurnWeights): number {
  return toTokens(total);
}

/** About how many tokens a text comes to. */
export function estimateText(text: string): number {
  return toTokens(Buffer.byteLength(text));
}

function toTokens(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken);
}
