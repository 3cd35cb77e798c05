import type { BlobStore } from "@gateway/engine";
import { waitFor } from "@gateway/testkit";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlobBench, digest, keepContent, readContent, receive, sampleContent } from "./blob-bench.ts";

const size = 300_000;

/** How a blob store gives content back. */
export function readContract(name: string, open: () => Promise<BlobBench>): void {
  describe(`${name} gives content back`, () => {
    let store: BlobStore;
    let reading: () => number;
    const content = sampleContent(size);
    let hash: string;
    beforeEach(async () => {
      ({ store, reading } = await open());
      hash = await keepContent(store, content);
    });
    afterEach(() => store.close());

    const idle = (): Promise<unknown> => waitFor(() => reading() === 0, { what: "all reads to let go" });

    test.each([
      ["its first byte", 0, 0],
      ["its last byte", size - 1, size - 1],
      ["its last bytes", size - 100, size - 1],
      ["bytes across the chunks it is read in", 65_530, 131_080],
      ["all of it", 0, size - 1],
      ["what there is of a span that ends behind it", size - 10, size + 1000],
    ])("%s", async (_, start, end) => {
      expect(await readContent(store, hash, { start, end })).toEqual(content.slice(start, end + 1));
    });

    test("any span of it", async () => {
      const span = fc
        .tuple(fc.nat(size - 1), fc.nat(size - 1))
        .map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
      await fc.assert(
        fc.asyncProperty(span, async ([start = 0, end = 0]) => {
          const read = await readContent(store, hash, { start, end });
          expect(digest(read)).toBe(digest(content.subarray(start, end + 1)));
        }),
        { numRuns: 30 },
      );
    });

    test.each([
      ["begins behind it", size, size + 1],
      ["is the wrong way round", 10, 9],
      ["is before it", -5, -1],
      ["is no number", 0, Number.NaN],
    ])("but refuses a span that %s", async (_, start, end) => {
      await expect(store.read(hash, { start, end })).rejects.toMatchObject({
        status: 500,
        code: "storage_error",
      });
      await idle();
    });

    test("but refuses a span of content without bytes", async () => {
      const empty = await keepContent(store, new Uint8Array());
      await expect(store.read(empty, { start: 0, end: 0 })).rejects.toMatchObject({ code: "storage_error" });
      await idle();
    });

    test("to readers that stop, and holds nothing for them any more", async () => {
      const streams = await Promise.all(Array.from({ length: 50 }, () => store.read(hash)));
      const readers = streams.map((stream) => stream.getReader());
      await Promise.all(
        readers.map(async (reader, n) => {
          // Some stop before they begin, some at once after they have asked, some in the middle.
          if (n % 3 === 1) reader.read().catch(() => {});
          if (n % 3 === 2) expect((await reader.read()).done).toBe(false);
          await reader.cancel();
        }),
      );
      await idle();
      expect(await readContent(store, hash)).toEqual(content);
      await idle();
    });

    test("to readers that have begun when it is deleted or kept again", async () => {
      const large = sampleContent(2_000_000, 7);
      const largeHash = await keepContent(store, large);
      const streams = await Promise.all([store.read(largeHash), store.read(largeHash)]);
      const firsts = await Promise.all(streams.map((stream) => readSome(stream)));
      await (await receive(store, large)).keep();
      await store.delete(largeHash);
      for (const [n, stream] of streams.entries()) {
        const chunks = [firsts[n] ?? new Uint8Array()];
        for await (const chunk of stream) chunks.push(chunk);
        expect(digest(Buffer.concat(chunks))).toBe(largeHash);
      }
    });
  });
}

/** The first chunk of a stream, which can be read on. */
async function readSome(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const reader = stream.getReader();
  const { value } = await reader.read();
  reader.releaseLock();
  return value ?? new Uint8Array();
}
