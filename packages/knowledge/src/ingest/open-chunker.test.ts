import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { type ChunkerOptions, openChunker } from "./open-chunker.ts";
import { type TextChunk, toChunks } from "./to-chunks.ts";

const small = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 };
const sentences = (count: number, about = "its own number"): string =>
  Array.from({ length: count }, (_, n) => `Sentence ${n} tells of ${about}.`).join(" ");

function open(options?: ChunkerOptions) {
  const chunker = openChunker(options);
  onTestFinished(() => chunker.close());
  return chunker;
}

async function collect(source: AsyncIterable<TextChunk>): Promise<TextChunk[]> {
  const chunks: TextChunk[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

/** A program that does what `code` says for each request, with `port`, `id` and `text`. */
const programOf = (code: string): URL =>
  new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort as port } from "node:worker_threads"; port.on("message", ({ id, text, cancel }) => { ${code} });`,
    )}`,
  );

describe("a thread that cuts texts", () => {
  test("gives the same chunks as the rules do, of any text", async () => {
    const chunker = open();
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 500 }),
      fc.string({ unit: "grapheme", maxLength: 2_000 }),
      fc.integer({ min: 0, max: 300 }).map((count) => sentences(count)),
    );
    await fc.assert(
      fc.asyncProperty(texts, async (text) => {
        expect(await collect(chunker.chunks(text, small))).toEqual(await collect(toChunks(text, small)));
      }),
      { numRuns: 40 },
    );
  });

  test("cuts several texts side by side, and each caller gets its own", async () => {
    const chunker = open();
    const texts = ["otters", "hares", "owls"].map((about) => sentences(500, about));
    const results = await Promise.all(texts.map((text) => collect(chunker.chunks(text, small))));
    for (const [place, text] of texts.entries()) {
      expect(results[place]).toEqual(await collect(toChunks(text, small)));
    }
  });

  test("is told when nobody wants the rest of a text", async () => {
    const program = programOf(`
      if (cancel) port.postMessage({ id: 2, spans: [0, cancel], done: true });
      else if (id === 1) port.postMessage({ id, spans: [0, 1] });
    `);
    const chunker = open({ program });
    for await (const chunk of chunker.chunks("abc", small)) {
      expect(chunk).toEqual({ text: "a", start: 0 });
      break;
    }
    // The answer to the second text is the number of the one that was left.
    expect(await collect(chunker.chunks("abc", small))).toEqual([{ text: "a", start: 0 }]);
  });

  test("is not waited for by a caller who leaves, before or while a text is cut", async () => {
    const chunker = open({ program: programOf("") });
    const caller = new AbortController();
    const gone = new Error("gone");
    const cutting = collect(chunker.chunks("abc", small, caller.signal));
    caller.abort(gone);
    await expect(cutting).rejects.toBe(gone);
    await expect(collect(chunker.chunks("abc", small, caller.signal))).rejects.toBe(gone);
  });

  test("that fails at a text, or ends, says so, and works on", async () => {
    const program = programOf(`
      if (text === "bad") port.postMessage({ id, error: "no" });
      else if (text === "deadly") throw new Error("out of order");
      else if (text !== undefined) port.postMessage({ id, spans: [0, text.length], done: true });
    `);
    const chunker = open({ program });
    await expect(collect(chunker.chunks("bad", small))).rejects.toThrow("no");
    await expect(collect(chunker.chunks("deadly", small))).rejects.toMatchObject({
      message: "The thread that cuts texts has ended; it is started anew.",
      cause: { message: "out of order" },
    });
    expect(await collect(chunker.chunks("good", small))).toEqual([{ text: "good", start: 0 }]);
  });

  test("ends when there is no text for a while, and starts anew with the next", async () => {
    // A thread counts what it was asked, from 1.
    const program = programOf(`
      globalThis.count = (globalThis.count ?? 0) + 1;
      if (text !== undefined) port.postMessage({ id, spans: [0, globalThis.count], done: true });
    `);
    const chunker = open({ program, idleMs: 1 });
    const lengthOf = async (): Promise<number | undefined> =>
      (await collect(chunker.chunks("abcdefgh", small)))[0]?.text.length;
    expect(await lengthOf()).toBe(1);
    await expect.poll(lengthOf, { interval: 20 }).toBe(1);
  });

  test("that is closed fails what is being cut, and takes no more", async () => {
    const chunker = open({ program: programOf("") });
    const cutting = collect(chunker.chunks("abc", small));
    const outcome = expect(cutting).rejects.toThrow("closed");
    await chunker.close();
    await outcome;
    await expect(collect(chunker.chunks("abc", small))).rejects.toThrow("closed");
  });
});
