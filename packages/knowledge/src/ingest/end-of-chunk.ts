/** What is known of the runs of tokens from a chunk's start on; see `TokenWindow`. */
export interface ChunkRuns {
  readonly count: number;
  endOf(run: number): number;
  tokensOf(run: number): number;
}

/** The part of a chunk in which a better end is looked for; with an overlap of half its size a chunk still goes on. */
const searchedShare = 0.15;

/** Ends in the order of preference. */
const paragraph = 3;
const sentence = 2;
const line = 1;

/**
 * How many runs the chunk has, at least one: as many as fit into `maxTokens`, or up to 15 % fewer, to end with
 * a paragraph, else a sentence, else a line; the last of its kind.
 */
export function endOfChunk(text: string, runs: ChunkRuns, maxTokens: number): number {
  let count = 0;
  let tokens = 0;
  let best = 0;
  let bestRank = 0;
  while (count < runs.count && tokens + runs.tokensOf(count) <= maxTokens) {
    tokens += runs.tokensOf(count++);
    if (tokens < maxTokens * (1 - searchedShare)) continue;
    const rank = rankOfEnd(text, runs.endOf(count - 1));
    if (rank < bestRank || rank === 0) continue;
    best = count;
    bestRank = rank;
  }
  return best || Math.max(count, 1);
}

function rankOfEnd(text: string, end: number): number {
  const last = text[end - 1] ?? "";
  if (last === "\n") return isBlankLine(text, end - 1) ? paragraph : line;
  if (fullStops.has(last)) return sentence;
  const next = text[end] ?? "\n";
  if (!/\s/.test(next)) return 0;
  // A blank line after it: the line break belongs to the next token, but the paragraph has ended.
  if (/\S/.test(last) && /^\r?\n[ \t]*\r?\n/.test(text.slice(end, end + 80))) return paragraph;
  if (stops.has(last)) return sentence;
  return closers.has(last) && stops.has(text[end - 2] ?? "") ? sentence : 0;
}

/** Whether the line that the break at `at` ends has nothing in it. */
function isBlankLine(text: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (text[before] === " " || text[before] === "\t" || text[before] === "\r")) before--;
  return text[before] === "\n";
}

const stops = new Set([".", "!", "?", "…"]);
/** Need no space after them. */
const fullStops = new Set(["。", "！", "？", "।"]);
const closers = new Set(['"', "'", ")", "]", "”", "’", "»"]);
