import type { StaticChunking } from "@gateway/protocol";
import { endOfChunk } from "./end-of-chunk.ts";
import { readTokens } from "./read-tokens.ts";

/** A piece of a text: `text.slice(start, start + chunk.text.length)` is `chunk.text`. */
export interface TextChunk {
  text: string;
  /** In UTF-16 units. */
  start: number;
}

/**
 * Cuts a text into chunks as the API defines them (API reference, "Chunking strategy"): none longer than
 * `max_chunk_size_tokens`, each beginning `chunk_overlap_tokens` before the end of the one before, or a character
 * later where a token would be split. Together they cover the whole text; no character is ever cut. A chunk
 * ends at a paragraph, sentence or line where one ends in its last part ({@link endOfChunk}). An empty text
 * has no chunks.
 *
 * Chunks come one by one, at the pace they are asked for; memory is that of one chunk.
 *
 * @throws the signal's reason once it is aborted.
 */
export async function* toChunks(
  text: string,
  chunking: StaticChunking,
  signal?: AbortSignal,
): AsyncGenerator<TextChunk, void> {
  const window = new TokenWindow();
  for await (const runs of readTokens(text, signal)) {
    window.add(runs.ends, runs.tokens);
    // Only what has more behind it is cut: a text of just the size is one chunk.
    while (window.tokens > chunking.max_chunk_size_tokens) {
      const count = endOfChunk(text, window, chunking.max_chunk_size_tokens);
      yield window.chunk(text, count);
      window.keepLast(count, chunking.chunk_overlap_tokens);
    }
  }
  if (window.count > 0) yield window.chunk(text, window.count);
}

/** The runs from the start of the next chunk on, as far as they are read. */
export class TokenWindow {
  start = 0;
  tokens = 0;
  readonly #ends: number[] = [];
  readonly #tokens: number[] = [];

  get count(): number {
    return this.#ends.length;
  }

  /** Where the run ends in the text. */
  endOf(run: number): number {
    return this.#ends[run] ?? this.start;
  }

  tokensOf(run: number): number {
    return this.#tokens[run] ?? 0;
  }

  add(ends: readonly number[], tokens: readonly number[]): void {
    for (const end of ends) this.#ends.push(end);
    for (const count of tokens) {
      this.#tokens.push(count);
      this.tokens += count;
    }
  }

  /** The text of the first `count` runs. */
  chunk(text: string, count: number): TextChunk {
    return { text: text.slice(this.start, this.endOf(count - 1)), start: this.start };
  }

  /** Goes on after the first `count` runs, or as many of them earlier as have at most `overlap` tokens. */
  keepLast(count: number, overlap: number): void {
    let first = count;
    let kept = 0;
    while (first > 1 && kept + this.tokensOf(first - 1) <= overlap) kept += this.tokensOf(--first);
    this.start = this.endOf(first - 1);
    this.#ends.splice(0, first);
    for (const dropped of this.#tokens.splice(0, first)) this.tokens -= dropped;
  }
}
