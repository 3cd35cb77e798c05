import { type ImageSize, readImageSize } from "./image-size.ts";

/** What a picture costs at low detail, and before its tiles at high detail. */
const base = 85;
const perTile = 170;
const tile = 512;

/** Taken for a picture whose size cannot be seen: one of 1024 by 1024. */
const usual: ImageSize = { width: 1024, height: 1024 };

/**
 * Tokens of a picture by OpenAI's rule for tiles (guide "Images and vision"): 85 at low detail. Else it is scaled to
 * fit into 2048 by 2048 and then until its shorter side is 768 at most, and costs 85 and 170 for each tile of
 * 512 by 512 it covers. Other models have rules of their own: this is an estimate.
 */
export function imageTokens(url: string, detail: "low" | "high" | "auto" | undefined): number {
  if (detail === "low") return base;
  const { width, height } = readImageSize(url) ?? usual;
  const fit = Math.min(1, 2048 / Math.max(width, height));
  const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
  const tiles = Math.ceil((width * scale) / tile) * Math.ceil((height * scale) / tile);
  return base + perTile * Math.max(1, tiles);
}
