import { openRandom, type Random } from "./random.ts";

/** What a lexicon is made of beside the words that are given. */
export interface LexiconOptions {
  /** Words there are in all. */
  size: number;
  /** What the made-up ones end in. */
  ending: string;
}

/**
 * How much the first words stand out: the n-th is as frequent as 1 / (n + this) (Mandelbrot's form of Zipf's law).
 * With 20 the hundred first of 20,000 words are a quarter of all that is written, as with English nouns.
 */
const flatness = 20;

const syllables =
  "ba cor del fen gar hol im jun kel lor mar nor os pel qua ril sen tor ul ven wes yar zin dra".split(" ");

/**
 * Opens a lexicon: a function that draws a word, the frequent ones more often. The first words are those given,
 * the rest, which any text has many of, are made up; the same place is always the same word.
 */
export function openLexicon(
  words: readonly string[],
  { size, ending }: LexiconOptions,
): (random: Random) => string {
  const made = Array.from({ length: size - words.length }, (_, place) => makeUp(place) + ending);
  const all = [...words, ...made];
  const ratio = (size + flatness) / flatness;
  return (random) => all[Math.floor(flatness * (ratio ** random() - 1))] ?? "";
}

function makeUp(place: number): string {
  const letters = openRandom(place);
  const count = 2 + Math.floor(letters() * 3);
  return Array.from({ length: count }, () => syllables[Math.floor(letters() * syllables.length)]).join("");
}
