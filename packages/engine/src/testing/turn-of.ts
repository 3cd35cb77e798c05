import type { Item } from "@gateway/protocol";
import type { ModelTurn } from "../model-backend.ts";

/** A turn that shows a model these items, and nothing else but what `fields` say. */
export function turnOf(items: Item[], fields: Partial<ModelTurn> = {}): ModelTurn {
  return {
    request: { model: "m" },
    model: "m",
    instructions: null,
    items,
    places: new Map(),
    tools: [],
    toolChoice: "auto",
    maxOutputTokens: undefined,
    ...fields,
  };
}
