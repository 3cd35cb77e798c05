import { setImmediate as otherWork } from "node:timers/promises";

/** Texts of up to this many characters together are counted whole; of longer ones, as much is sampled. */
export const countedInFull = 512 * 1024;

/**
 * Longest piece that is counted in one go, in characters. A run of letters without a space takes time that grows with
 * the square of its length: at this length it is a fifth of a millisecond at most.
 */
const pieceLength = 512;
/** Milliseconds after which other work gets its turn. */
const sliceMs = 8;

/**
 * Counts the tokens of texts by o200k_base, the encoding of OpenAI's newer models, within 1 %. Of texts that are very
 * long together ({@link countedInFull}), pieces spread evenly over them are counted and the rest is extrapolated.
 * The event loop gets a turn every few milliseconds. Throws the signal's reason once it is aborted.
 *
 * The encoding's tables are loaded at the first call: that takes a fifth of a second, and 17 MB that stay.
 */
export async function countText(texts: readonly string[], signal: AbortSignal): Promise<number> {
  const { countTokens, clearMergeCache } = await loadEncoding();
  const length = texts.reduce((sum, text) => sum + text.length, 0);
  const every = Math.max(1, Math.ceil(length / countedInFull));
  let counted = 0;
  let tokens = 0;
  let sliceStart = performance.now();
  try {
    for (const piece of piecesOf(texts, every)) {
      counted += piece.length;
      tokens += countTokens(piece, asPlainText);
      if (performance.now() - sliceStart < sliceMs) continue;
      await otherWork();
      signal.throwIfAborted();
      sliceStart = performance.now();
    }
  } finally {
    // Its keys are slices, each of which would keep the whole text it was cut from.
    clearMergeCache();
  }
  return counted === 0 ? 0 : Math.round((tokens * length) / counted);
}

/** Names of special tokens in a text are text like any other. */
const asPlainText = { disallowedSpecial: new Set<string>() };

type Encoding = Pick<typeof import("gpt-tokenizer/encoding/o200k_base"), "countTokens" | "clearMergeCache">;

let encoding: Promise<Encoding> | undefined;

function loadEncoding(): Promise<Encoding> {
  encoding ??= import("gpt-tokenizer/encoding/o200k_base");
  return encoding;
}

/** The texts in pieces; of every so many pieces, one. */
function* piecesOf(texts: readonly string[], every: number): Generator<string, void, undefined> {
  let number = 0;
  for (const text of texts) {
    for (let start = 0; start < text.length; number++) {
      const end = endOfPiece(text, start);
      if (number % every === 0) yield text.slice(start, end);
      start = end;
    }
  }
}

/** A piece ends before a space where there is one near: the encoding joins a space with the word after it. */
function endOfPiece(text: string, start: number): number {
  const limit = start + pieceLength;
  if (limit >= text.length) return text.length;
  const half = start + pieceLength / 2;
  const space = text.slice(half, limit).lastIndexOf(" ");
  return space < 0 ? limit : half + space;
}
