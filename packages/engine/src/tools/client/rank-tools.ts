/** How soon further mentions of a word count less, and how much longer texts are marked down (Okapi BM25). */
const saturation = 1.2;
const lengthWeight = 0.75;

/**
 * Ranks texts by what they have of a query's words (BM25), best first. Gives the places of at most `limit` texts;
 * those without any of the words are left out.
 */
export function rankTexts(texts: readonly string[], query: string, limit: number): number[] {
  const documents = texts.map(wordsOf);
  const average = documents.reduce((sum, words) => sum + words.length, 0) / Math.max(1, documents.length);
  const scores = documents.map(() => 0);
  for (const word of new Set(wordsOf(query))) {
    const counts = documents.map((words) => words.filter((other) => isSame(other, word)).length);
    const holders = counts.filter((count) => count > 0).length;
    const rarity = Math.log(1 + (documents.length - holders + 0.5) / (holders + 0.5));
    for (const [place, count] of counts.entries()) {
      const length = (documents[place] ?? []).length / average;
      const damping = saturation * (1 - lengthWeight + lengthWeight * length);
      scores[place] = (scores[place] ?? 0) + (rarity * count * (saturation + 1)) / (count + damping);
    }
  }
  return [...scores.keys()]
    .filter((place) => (scores[place] ?? 0) > 0)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
    .slice(0, limit);
}

/** The words of a text; names in snake_case and camelCase are several. */
function wordsOf(text: string): string[] {
  const spaced = text.replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2").toLowerCase();
  return spaced.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Whether two words are the same but for their ending: "mail" and "mails", "search" and "searching". */
function isSame(word: string, other: string): boolean {
  const [short, long] = word.length < other.length ? [word, other] : [other, word];
  return word === other || (short.length >= 4 && long.startsWith(short) && long.length - short.length <= 3);
}
