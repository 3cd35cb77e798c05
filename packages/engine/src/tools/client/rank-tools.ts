/** How soon further mentions of a word count less, and how much longer texts are marked down (Okapi BM25). */
const saturation = 1.2;
const lengthWeight = 0.75;
/** What a text says behind so many characters does not count: what a tool is for stands at its beginning. */
const maxTextChars = 8 * 1024;
/** Words of a query that are looked for. */
const maxQueryWords = 64;
/** Words that are alike have as many letters in common at their beginning. */
const stem = 4;

/** Texts to be ranked by what they have of a query's words (BM25). The words are taken apart once, not at each search. */
export class RankedTexts {
  /** How often a word stands in which texts. */
  readonly #places = new Map<string, Map<number, number>>();
  /** The words that begin alike. */
  readonly #alike = new Map<string, string[]>();
  readonly #lengths: number[];
  readonly #average: number;

  constructor(texts: readonly string[]) {
    this.#lengths = texts.map((text, place) => this.#add(text.slice(0, maxTextChars), place));
    this.#average = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, texts.length);
  }

  /** The places of at most `limit` texts, best first; those without any of the words are left out. */
  rank(query: string, limit: number): number[] {
    const scores = new Map<number, number>();
    for (const word of [...new Set(wordsOf(query))].slice(0, maxQueryWords)) {
      const counts = this.#countsOf(word);
      const rarity = Math.log(1 + (this.#lengths.length - counts.size + 0.5) / (counts.size + 0.5));
      for (const [place, count] of counts) {
        const length = (this.#lengths[place] ?? 0) / this.#average;
        const damping = saturation * (1 - lengthWeight + lengthWeight * length);
        const gain = (rarity * count * (saturation + 1)) / (count + damping);
        scores.set(place, (scores.get(place) ?? 0) + gain);
      }
    }
    return [...scores]
      .sort(([a, x], [b, y]) => y - x || a - b)
      .slice(0, limit)
      .map(([place]) => place);
  }

  /** Enters the words of a text; gives how many there are. */
  #add(text: string, place: number): number {
    const words = wordsOf(text);
    for (const word of words) {
      let places = this.#places.get(word);
      if (places === undefined) {
        places = new Map();
        this.#places.set(word, places);
        const begin = word.slice(0, stem);
        const alike = this.#alike.get(begin);
        if (alike === undefined) this.#alike.set(begin, [word]);
        else alike.push(word);
      }
      places.set(place, (places.get(place) ?? 0) + 1);
    }
    return words.length;
  }

  /** How often a word, or one like it, stands in which texts. */
  #countsOf(word: string): Map<number, number> {
    const counts = new Map<number, number>();
    for (const other of this.#alike.get(word.slice(0, stem)) ?? []) {
      if (!isSame(other, word)) continue;
      for (const [place, count] of this.#places.get(other) ?? [])
        counts.set(place, (counts.get(place) ?? 0) + count);
    }
    return counts;
  }
}

/** The words of a text; names in snake_case and camelCase are several. */
function wordsOf(text: string): string[] {
  const spaced = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").toLowerCase();
  return spaced.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Whether two words are the same but for their ending: "mail" and "mails", "search" and "searching". */
function isSame(word: string, other: string): boolean {
  const [short, long] = word.length < other.length ? [word, other] : [other, word];
  return (
    word === other || (short.length >= stem && long.startsWith(short) && long.length - short.length <= 3)
  );
}
