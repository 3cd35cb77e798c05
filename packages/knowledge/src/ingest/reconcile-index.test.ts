import type { VectorStores } from "@gateway/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryIndex } from "../testing/memory-index.ts";
import { reconcileIndex } from "./reconcile-index.ts";

const nobody = new AbortController().signal;

async function reconcile(completed: readonly number[], indexed: readonly number[]) {
  const index = new MemoryIndex();
  for (const document of indexed) {
    await index.begin({ document, store: 1, attributes: {}, model: "m" });
    await index.seal(document);
  }
  const again: number[] = [];
  const vectorStores = {
    completedDocuments: async (after: number, limit: number) =>
      completed.filter((document) => document > after).slice(0, limit),
    ingestAgain: async (documents: readonly number[]) => void again.push(...documents),
  } satisfies Partial<VectorStores> as unknown as VectorStores;
  const found = await reconcileIndex({ vectorStores, index }, nobody);
  return { found, again, left: await index.documents(-1, 100_000) };
}

test("what is missing is taken in again, what is too much goes, what is on both sides stays", async () => {
  const documents = fc.uniqueArray(fc.integer({ min: 1, max: 30 })).map((list) => list.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(documents, documents, async (completed, indexed) => {
      const { found, again, left } = await reconcile(completed, indexed);
      expect(again).toEqual(completed.filter((document) => !indexed.includes(document)));
      expect(left).toEqual(completed.filter((document) => indexed.includes(document)));
      expect(found).toEqual({ lost: again.length, extra: indexed.length - left.length });
    }),
  );
});

test("more than a page is compared to the end", async () => {
  const numbers = (count: number, step: number): number[] =>
    Array.from({ length: count }, (_, n) => 1 + n * step);
  const { again, left } = await reconcile(numbers(5_000, 1), numbers(2_500, 2));
  expect(again).toHaveLength(2_500);
  expect(left).toHaveLength(2_500);
});
