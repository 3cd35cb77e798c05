/** What the model is told before the passages of a search. */
export const howToCite =
  "Passages, best first. Where your answer rests on one, write its mark (the number in its brackets) right after the sentence.";

/** What stands between the brackets of a mark: a number, or several; some models add a dagger and a name behind it. */
const inside = String.raw`\s*(\d{1,5}(?:\s*[,;:]\s*\d{1,5})*)\s*(?:†[^】]*)?`;
const mark = new RegExp(`^${inside}$`);
/** A mark with the space that belongs to it: behind one that begins a line, before any other. */
const spaced = new RegExp(`^【${inside}】 ?| ?【${inside}】`, "gm");

/** The numbers in a mark, as text, by what stands between its brackets; undefined where it is no mark. */
export function readMark(text: string): string | undefined {
  return mark.exec(text)?.[1];
}

/** True for what stands between the brackets of a mark as the model was asked to write it; a longer number is a year. */
export function isPlainMark(text: string): boolean {
  return /^\d{1,3}$/.test(text);
}

/**
 * A text without the marks of passages and what was said about them. The numbers hold for one request: in another
 * they would name what was found there.
 */
export function withoutCitations(text: string): string {
  return text.replaceAll(`${howToCite}\n\n`, "").replaceAll(spaced, "");
}
