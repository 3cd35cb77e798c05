import type { ModelTurn } from "@gateway/engine";

/** What a turn comes to for the demo model, whose tokens are four characters of what it is shown. */
export function countDemoTokens({ items, instructions, tools }: ModelTurn): number {
  const shown = JSON.stringify(items).length + (instructions?.length ?? 0) + JSON.stringify(tools).length;
  return Math.ceil(shown / 4);
}
