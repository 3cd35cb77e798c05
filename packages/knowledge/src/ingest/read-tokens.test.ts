import { expect, test } from "vitest";
import { readTokens } from "./read-tokens.ts";

/** Lengths of the pieces that were tokenised in one go. */
async function piecesOf(text: string): Promise<number[]> {
  const lengths: number[] = [];
  let start = 0;
  for await (const { ends } of readTokens(text)) {
    const end = ends.at(-1) ?? start;
    lengths.push(end - start);
    start = end;
  }
  return lengths;
}

test.each([
  ["one letter", "a"],
  ["spaces", " "],
  ["punctuation", "=-"],
  ["an emoji of many parts", "👩‍👩‍👧‍👦"],
  ["ideographs", "東京都日本首都世界"],
])(
  "a long run of %s is tokenised in short pieces, as its time grows with the square of the length",
  async (_, part) => {
    const text = part.repeat(5_000);
    const pieces = await piecesOf(text);
    expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(text.length);
    expect(Math.max(...pieces)).toBeLessThanOrEqual(256);
  },
);

test("prose is tokenised in pieces that end between words", async () => {
  const text = "Some words, and some more of them.\n".repeat(2_000);
  let end = 0;
  for (const length of await piecesOf(text)) {
    end += length;
    expect(text.slice(end - 1, end + 1)).toMatch(/^\S(\s|$)|\n$/);
  }
  expect(end).toBe(text.length);
});

test("other work gets its turns while a long text is tokenised", async () => {
  let turns = 0;
  let timer: NodeJS.Immediate;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  timer = setImmediate(count);
  // Random words are not in any cache: this takes far longer than one slice.
  const words = Array.from({ length: 20_000 }, (_, n) => ((n * 2_654_435_761) >>> 0).toString(36));
  await piecesOf(words.join(" "));
  clearImmediate(timer);
  expect(turns).toBeGreaterThan(3);
});
