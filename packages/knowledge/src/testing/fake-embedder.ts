import { setTimeout as pause } from "node:timers/promises";
import type { Embedder } from "@gateway/engine";

/**
 * An embedder for tests: the vector counts the text's letters, so that equal texts are close and all is repeatable.
 * `trouble` is thrown by the calls while it is set; `hold` is awaited by each.
 */
export class FakeEmbedder implements Embedder {
  readonly model: string;
  readonly batchSize: number;
  trouble: Error | undefined;
  hold: Promise<unknown> | undefined;
  /** Texts that were given, batch by batch. */
  readonly batches: { texts: readonly string[]; kind: "document" | "query"; signal: AbortSignal }[] = [];
  readonly #msPerText: number;

  constructor({ model = "letters", batchSize = 4, msPerText = 0 } = {}) {
    this.model = model;
    this.batchSize = batchSize;
    this.#msPerText = msPerText;
  }

  async embed(
    texts: readonly string[],
    kind: "document" | "query",
    signal: AbortSignal,
  ): Promise<Float32Array[]> {
    this.batches.push({ texts, kind, signal });
    signal.throwIfAborted();
    if (this.#msPerText > 0) await pause(this.#msPerText * texts.length, undefined, { signal });
    if (this.hold) await Promise.race([this.hold, aborted(signal)]);
    signal.throwIfAborted();
    if (this.trouble) throw this.trouble;
    return texts.map(toLetterCounts);
  }

  async close(): Promise<void> {}
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

function toLetterCounts(text: string): Float32Array {
  const counts = new Float32Array(27);
  for (const letter of text.toLowerCase()) {
    const place = letter.charCodeAt(0) - 97;
    const slot = place >= 0 && place < 26 ? place : 26;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return counts;
}
