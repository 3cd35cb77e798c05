import type { ModelTurn, TokenCount } from "@gateway/engine";

/** What a turn comes to where no tokenizer is at hand: about four characters a token. */
export function estimateTokens(turn: ModelTurn): TokenCount {
  const chars =
    JSON.stringify(turn.items).length + (turn.instructions?.length ?? 0) + JSON.stringify(turn.tools).length;
  return { tokens: Math.ceil(chars / 4), exact: false };
}
