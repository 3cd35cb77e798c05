/**
 * The model reads at most this many tokens of a text and takes no notice of the rest (measured: a changed word
 * behind the 128th token leaves the vector as it is). The two that are left free are for a token more at a cut.
 */
export const windowTokens = 126;

/** Longest run of characters without a space that is counted as one word; longer ones are cut. */
const words = /\S{1,64}/gu;

/**
 * Cuts a text into windows that the model reads whole, of about as many tokens each, so that none weighs more than
 * its part of the text. Words are kept whole; between them is one space, whatever was there. A text without
 * words gives one window with a space, for which the model has a vector as well.
 */
export function toWindows(text: string, countTokens: (word: string) => number): string[] {
  const counted = (text.match(words) ?? []).map((word) => ({ word, tokens: countTokens(word) }));
  if (counted.length === 0) return [" "];
  const total = counted.reduce((sum, { tokens }) => sum + tokens, 0);
  const fair = total / Math.ceil(total / windowTokens);
  const windows: string[] = [];
  let window: string[] = [];
  let size = 0;
  for (const { word, tokens } of counted) {
    if (window.length > 0 && (size >= fair || size + tokens > windowTokens)) {
      windows.push(window.join(" "));
      window = [];
      size = 0;
    }
    window.push(word);
    size += tokens;
  }
  windows.push(window.join(" "));
  return windows;
}
