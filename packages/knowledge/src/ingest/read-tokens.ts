import { setImmediate as turn } from "node:timers/promises";

/** Runs of text that must not be cut, in order: usually one token each. */
export interface TokenRuns {
  /** Where each run ends in the text, in UTF-16 units. Always between two whole characters. */
  ends: number[];
  /** How many tokens each run has: more than one where a character is made of several. */
  tokens: number[];
}

/** Longest piece that is tokenised in one go; about 1 ms. */
const pieceLength = 2048;

/** The merge of byte pairs takes time that grows with the square of a run without spaces: such runs are cut. */
const denseLength = 256;

/** Milliseconds after which other work gets its turn. */
const sliceMs = 8;

/**
 * Tokenises a text with o200k_base, the encoding of OpenAI's newer models, piece by piece. The event loop gets
 * a turn every few milliseconds, however long the text. The tables are loaded at the first call: a quarter of a second,
 * some 70 MB.
 */
export async function* readTokens(text: string, signal?: AbortSignal): AsyncGenerator<TokenRuns, void> {
  const tokenizer = await loadTokenizer();
  let sliceStart = performance.now();
  for (let start = 0; start < text.length; ) {
    const end = endOfPiece(text, start);
    yield tokenise(tokenizer, text.slice(start, end), start);
    start = end;
    if (performance.now() - sliceStart < sliceMs) continue;
    await turn();
    signal?.throwIfAborted();
    sliceStart = performance.now();
  }
}

interface Tokenizer {
  /** Tokens of one word after the other. */
  words(text: string): Iterable<number[]>;
  /** What a token stands for: a string, or bytes where it is not made of whole characters. */
  vocabulary: readonly (string | readonly number[] | undefined)[];
}

let loaded: Promise<Tokenizer> | undefined;

function loadTokenizer(): Promise<Tokenizer> {
  loaded ??= (async () => {
    const [{ encodeGenerator }, { default: vocabulary }] = await Promise.all([
      import("gpt-tokenizer/encoding/o200k_base"),
      import("gpt-tokenizer/bpeRanks/o200k_base"),
    ]);
    // A file may contain the names of special tokens; there they are text like any other.
    const plain = { disallowedSpecial: new Set<string>() };
    return { words: (text: string) => encodeGenerator(text, plain), vocabulary };
  })();
  return loaded;
}

function tokenise({ words, vocabulary }: Tokenizer, piece: string, offset: number): TokenRuns {
  const runs: TokenRuns = { ends: [], tokens: [] };
  let end = offset;
  let tokens = 0;
  // Bytes that the last character still lacks.
  let missing = 0;
  for (const word of words(piece)) {
    for (const token of word) {
      const value = vocabulary[token];
      tokens++;
      if (typeof value === "string") end += value.length;
      else {
        for (const byte of value ?? []) {
          if (missing > 0) missing--;
          else [missing, end] = [continuationBytes(byte), end + (byte >= 0xf0 ? 2 : 1)];
        }
      }
      if (missing > 0) continue;
      runs.ends.push(end);
      runs.tokens.push(tokens);
      tokens = 0;
    }
  }
  return runs;
}

/** How many bytes follow the first one of a character (RFC 3629, section 3). */
function continuationBytes(first: number): number {
  if (first >= 0xf0) return 3;
  if (first >= 0xe0) return 2;
  return first >= 0xc0 ? 1 : 0;
}

/** Pieces end before a space where there is one: the tokenizer joins a space with the word after it. */
function endOfPiece(text: string, start: number): number {
  const end = Math.min(start + pieceLength, text.length);
  if (hasLongRun(text, start, end)) return cutBefore(text, start, Math.min(start + denseLength, text.length));
  return cutBefore(text, start, end);
}

function cutBefore(text: string, start: number, limit: number): number {
  if (limit === text.length) return limit;
  for (let at = limit; at > start + (limit - start) / 2; at--) {
    if (isSpace(text.charCodeAt(at)) && !isSpace(text.charCodeAt(at - 1))) return at;
  }
  const splitsPair = isHighSurrogate(text.charCodeAt(limit - 1)) && isLowSurrogate(text.charCodeAt(limit));
  return splitsPair ? limit - 1 : limit;
}

/** Whether more than {@link denseLength} units follow each other that are all spaces or all none. */
function hasLongRun(text: string, start: number, end: number): boolean {
  let runStart = start;
  for (let at = start + 1; at < end; at++) {
    if (isSpace(text.charCodeAt(at)) !== isSpace(text.charCodeAt(at - 1))) runStart = at;
    else if (at - runStart >= denseLength) return true;
  }
  return false;
}

function isSpace(unit: number): boolean {
  return unit <= 0x20 || unit === 0xa0 || unit === 0x3000;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
