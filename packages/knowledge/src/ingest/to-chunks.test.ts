import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { type TextChunk, toChunks } from "./to-chunks.ts";

async function chunksOf(text: string, size: number, overlap: number): Promise<TextChunk[]> {
  return collect(toChunks(text, { max_chunk_size_tokens: size, chunk_overlap_tokens: overlap }));
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of source) values.push(value);
  return values;
}

const tokensIn = (text: string): number => countTokens(text, { disallowedSpecial: new Set() });

/** Puts the chunks together again, each from where the one before it ended. */
function reassemble(chunks: readonly TextChunk[]): string {
  let text = "";
  for (const chunk of chunks) text += chunk.text.slice(text.length - chunk.start);
  return text;
}

const sentences = (count: number): string =>
  Array.from({ length: count }, (_, n) => `Sentence number ${n} tells of its own number.`).join(" ");

describe("any text", () => {
  /** Taken out of its surroundings, a text may have another token or two at its ends. */
  const ends = 2;
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: "grapheme", maxLength: 8 }),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom(
      "\n\n",
      "\n",
      ". ",
      " ",
      "\r\n",
      "東京は日本の首都。",
      "👩‍👩‍👧‍👦",
      "<|endoftext|>",
      "\ufeff",
      "\ud800",
      "\t\t",
      "aaaa",
    ),
  );
  const anyText = fc.array(word, { maxLength: 400 }).map((words) => words.join(""));
  const repeated = fc
    .tuple(word, fc.integer({ min: 0, max: 900 }))
    .map(([part, times]) => part.repeat(times));
  const settings = fc
    .tuple(fc.integer({ min: 100, max: 300 }), fc.double({ min: 0, max: 0.5, noNaN: true }))
    .map(([size, share]) => ({ size, overlap: Math.floor(size * share) }));

  test("is covered by its chunks, in order, none too long, none but the last small, no character cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyText, repeated), settings, async (text, { size, overlap }) => {
        const chunks = await chunksOf(text, size, overlap);
        expect(reassemble(chunks)).toBe(text);
        let end = 0;
        for (const [index, chunk] of chunks.entries()) {
          expect(text.slice(chunk.start, chunk.start + chunk.text.length)).toBe(chunk.text);
          expect(tokensIn(chunk.text)).toBeLessThanOrEqual(size + ends);
          if (text.isWellFormed()) expect(chunk.text.isWellFormed()).toBe(true);
          // No gap, an overlap within the limit, and something new in each.
          expect(chunk.start).toBeLessThanOrEqual(end);
          expect(tokensIn(text.slice(chunk.start, end))).toBeLessThanOrEqual(overlap + ends);
          expect(chunk.start + chunk.text.length).toBeGreaterThan(end);
          if (index > 0) expect(chunk.start).toBeGreaterThan(chunks[index - 1]?.start ?? 0);
          end = chunk.start + chunk.text.length;
        }
        expect(end).toBe(text.length);
      }),
      { numRuns: 300 },
    );
  });
});

test("a text that fits is one chunk, an empty one none", async () => {
  expect(await chunksOf("Just this.", 100, 50)).toEqual([{ text: "Just this.", start: 0 }]);
  expect(await chunksOf("", 100, 50)).toEqual([]);
});

test("800 tokens with 400 overlap cut a long text as the API describes", async () => {
  const chunks = await chunksOf(sentences(1_000), 800, 400);
  for (const [index, chunk] of chunks.slice(0, -1).entries()) {
    expect(tokensIn(chunk.text)).toBeGreaterThan(800 * 0.85 - 1);
    const next = chunks[index + 1] as TextChunk;
    const shared = chunk.text.slice(next.start - chunk.start);
    expect(next.text.startsWith(shared)).toBe(true);
    expect(tokensIn(shared)).toBeGreaterThan(390);
    expect(tokensIn(shared)).toBeLessThanOrEqual(401);
  }
});

test("without overlap the chunks follow each other", async () => {
  const text = sentences(300);
  const chunks = await chunksOf(text, 100, 0);
  expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
});

describe("the end of a chunk", () => {
  test("is that of a sentence where one ends in its last part", async () => {
    const chunks = await chunksOf(sentences(200), 200, 0);
    expect(chunks.length).toBeGreaterThan(5);
    for (const chunk of chunks) expect(chunk.text).toMatch(/number\.$/);
  });

  test("is that of a paragraph rather than of a later sentence", async () => {
    const start = sentences(9);
    const text = `${start}\n\n${sentences(30)}`;
    const size = tokensIn(start) + 8;
    expect((await chunksOf(text, size, 0))[0]?.text.trimEnd()).toBe(start);
  });

  test("is that of a line where there are no sentences", async () => {
    const table = Array.from({ length: 400 }, (_, n) => `key_${n};value ${n * 7};more`).join("\n");
    const chunks = await chunksOf(table, 150, 0);
    expect(chunks.length).toBeGreaterThan(10);
    for (const chunk of chunks) expect(chunk.text.trimEnd()).toMatch(/;more$/);
  });

  test("is the last character that fits where nothing ends", async () => {
    const text = "word ".repeat(1_000);
    const [first] = await chunksOf(text, 100, 0);
    expect(tokensIn(first?.text ?? "")).toBe(100);
  });
});

test("cutting ends with the signal", async () => {
  const controller = new AbortController();
  const chunks = toChunks(
    "word ".repeat(200_000),
    { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    controller.signal,
  );
  await chunks.next();
  controller.abort(new Error("enough"));
  await expect(collect(chunks)).rejects.toThrow("enough");
});
