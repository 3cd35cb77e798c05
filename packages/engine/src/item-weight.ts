import type { Item } from "@gateway/protocol";
import type { ModelTurn } from "./model-backend.ts";

/** What a picture or a sound weighs, whatever its size: as a text of some 900 tokens. */
const mediumWeight = 3_500;
/** Tokens that templates may add of their own to a context that is not counted. */
const templateTokens = 1_024;

/** What an item weighs. */
export interface ItemWeight {
  /** In bytes of the JSON of what the model is shown. */
  weight: number;
  /** True where a token may be less than a byte: there are pictures or sounds in it. */
  media: boolean;
}

/** What the parts of a turn weigh. */
export interface TurnWeights {
  /** By the item's position. */
  items: readonly number[];
  /** All of them, and what is sent beside them. */
  total: number;
  /** True where a token is a byte at least: there are no pictures or sounds among the items. */
  textOnly: boolean;
}

/**
 * Weighs an item in bytes of its JSON: what one weighs against another is nearly what it has in tokens. What holds a
 * picture, a sound or a file is told by its key, not by how it begins: a text may begin like a data URL.
 */
export function weighItem(item: Item): ItemWeight {
  let media = 0;
  const text = JSON.stringify(item, (key, value: unknown) => {
    // Sealed thoughts and probabilities are not shown to the model.
    if (key === "encrypted_content" || key === "logprobs") return undefined;
    const isMedium =
      key === "image_url" || key === "file_data"
        ? typeof value === "string"
        : key === "input_audio" && typeof value === "object" && value !== null;
    if (!isMedium) return value;
    media++;
    return "";
  });
  return { weight: Buffer.byteLength(text) + media * mediumWeight, media: media > 0 };
}

/** Weighs the parts of a turn. */
export function weighTurn({ items, instructions, tools, request }: ModelTurn): TurnWeights {
  const weights = items.map(weighItem);
  const beside = Buffer.byteLength(JSON.stringify([instructions, tools, request.text]));
  return {
    items: weights.map(({ weight }) => weight),
    total: weights.reduce((sum, { weight }) => sum + weight, beside),
    textOnly: !weights.some(({ media }) => media),
  };
}

/** True where it is clear without counting that a turn comes to no more than so many tokens. */
export function surelyFits({ total, textOnly }: TurnWeights, tokens: number): boolean {
  return textOnly && total + templateTokens <= tokens;
}
