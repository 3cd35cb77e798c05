/** Scripts that put no space between words. */
const unspaced =
  "[[\\p{scx=Han}\\p{scx=Hiragana}\\p{scx=Katakana}\\p{scx=Thai}\\p{scx=Lao}\\p{scx=Khmer}\\p{scx=Myanmar}]&&[\\p{L}\\p{N}]]";
const pattern = new RegExp(`${unspaced}\\p{M}*|[[\\p{L}\\p{N}\\p{M}]--${unspaced}]+`, "gv");
const isUnspaced = new RegExp(`^${unspaced}`, "v");
const asciiPattern = /[a-z0-9]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ascii = /^[\x00-\x7f]*$/;
/** Accents, and the vowel points of Hebrew and Arabic, which are written or not. */
const optionalMarks = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670]/g;
/** Longer runs are no words; their beginning is enough to tell them apart. */
const longestWord = 64;

/**
 * The words of a text, in order, as they are put into the word index: letters and digits, in lower case, without
 * accents, compatibility forms resolved (Unicode NFKD). In scripts that do not part words by spaces every letter
 * is a word of its own. They hold no ASCII but letters and digits, so they may be joined by spaces and quoted.
 */
export function toIndexWords(text: string): string[] {
  const folded = fold(text);
  const words = folded.match(ascii.test(folded) ? asciiPattern : pattern) ?? [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    if (word.length > longestWord) words[index] = cut(word);
  }
  return words;
}

/**
 * What of a query is looked for: its words, each once, as FTS5 strings (SQLite, "FTS5 Phrases"). Of a run without
 * spaces it is every two letters that follow each other, for most words there are that long. Any text is fine; one
 * without letters and digits gives nothing.
 */
export function toQueryTerms(query: string): string[] {
  const terms = new Set<string>();
  let before: { word: string; end: number; joined: boolean } | undefined;
  const single = (): void => {
    if (before !== undefined && !before.joined) terms.add(`"${before.word}"`);
  };
  for (const match of fold(query).matchAll(pattern)) {
    const word = cut(match[0]);
    if (!isUnspaced.test(word)) {
      single();
      before = undefined;
      terms.add(`"${word}"`);
      continue;
    }
    const follows = before !== undefined && before.end === match.index;
    if (follows && before !== undefined) terms.add(`"${before.word} ${word}"`);
    else single();
    before = { word, end: match.index + match[0].length, joined: follows };
  }
  single();
  return [...terms];
}

function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").toLowerCase().replace(optionalMarks, "").normalize("NFC");
}

/** Never in the middle of a surrogate pair, which would be stored as another character. */
function cut(word: string): string {
  if (word.length <= longestWord) return word;
  const start = word.slice(0, longestWord);
  return start.isWellFormed() ? start : start.slice(0, -1);
}
