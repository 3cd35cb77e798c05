import { openLexicon } from "./lexicon.ts";
import { openRandom } from "./random.ts";
import { adjectives, links, nouns, openings, prepositions, verbs } from "./words.ts";

/** Writes text that reads like a report: sentences, paragraphs, common words and rare ones. */
export interface Prose {
  /**
   * Paragraphs, parted by empty lines, of at least `words` words; the last sentence is whole, so it may be some more.
   */
  text(words: number): string;
  /** What somebody would type to find something in such a text, four to nine words. */
  question(): string;
}

const noun = openLexicon(nouns, { size: 20_000, ending: "" });
const verb = openLexicon(verbs, { size: 3_000, ending: "s" });
const adjective = openLexicon(adjectives, { size: 5_000, ending: "al" });

/** Opens a writer whose text is the same for the same seed. */
export function openProse(seed: number): Prose {
  const random = openRandom(seed);
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? "";
  const quality = (): string => `${adjective(random)} ${noun(random)}`;
  const thing = (): string => (random() < 0.4 ? `the ${quality()}` : `the ${noun(random)}`);
  const clause = (): string => `${thing()} ${verb(random)} ${thing()} ${pick(prepositions)} ${thing()}`;
  const sentence = (): string => {
    const parts = [clause()];
    while (random() < 0.4 && parts.length < 3) parts.push(`${pick(links)} ${clause()}`);
    const text = random() < 0.3 ? `${pick(openings)}, ${parts.join(", ")}` : parts.join(", ");
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  };
  return {
    text(words) {
      const paragraphs: string[] = [];
      for (let left = words; left > 0; ) {
        const sentences: string[] = [];
        for (let more = 4 + Math.floor(random() * 4); more > 0 && left > 0; more -= 1) {
          const next = sentence();
          left -= next.split(" ").length;
          sentences.push(next);
        }
        paragraphs.push(sentences.join(" "));
      }
      return paragraphs.join("\n\n");
    },
    question() {
      if (random() < 0.5) return `${quality()} ${pick(prepositions)} ${noun(random)}`;
      return `how does the ${quality()} ${verb(random).replace(/s$/, "")} the ${noun(random)}?`;
    },
  };
}
