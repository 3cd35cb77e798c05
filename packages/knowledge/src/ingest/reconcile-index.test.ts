import type { StoreFileWork, VectorStores } from "@gateway/engine";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryIndex } from "../testing/memory-index.ts";
import { reconcileIndex } from "./reconcile-index.ts";

const nobody = new AbortController().signal;

/** `underWay` is what is being taken in: in progress for the stores, and some of it in the index already. */
async function reconcile(
  completed: readonly number[],
  indexed: readonly number[],
  underWay: readonly number[] = [],
) {
  const index = new MemoryIndex();
  for (const document of indexed) {
    await index.begin({ document, store: 1, attributes: {}, model: "m" });
    await index.seal(document);
  }
  const again: number[] = [];
  const vectorStores = {
    completedDocuments: async (after: number, limit: number) =>
      completed.filter((document) => document > after).slice(0, limit),
    work: async (document: number) => {
      const status = completed.includes(document)
        ? "completed"
        : underWay.includes(document)
          ? "in_progress"
          : undefined;
      return status && ({ document, status } as StoreFileWork);
    },
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

test("what is being taken in meanwhile is let be", async () => {
  const { found, again, left } = await reconcile([1, 4], [1, 2, 3, 4, 5], [2, 5, 6]);
  expect(found).toEqual({ lost: 0, extra: 1 });
  expect(again).toEqual([]);
  expect(left).toEqual([1, 2, 4, 5]);
});

test("what comes to its end between two looks is neither lost nor too much", async () => {
  const index = new MemoryIndex();
  const add = async (document: number): Promise<void> => {
    await index.begin({ document, store: 1, attributes: {}, model: "m" });
    await index.seal(document);
  };
  await add(1);
  const stores = new Map([[1, "completed"]]);
  const again: number[] = [];
  const vectorStores = {
    async completedDocuments() {
      const completed = [...stores].filter(([, status]) => status === "completed");
      // Right after this look.
      await add(2);
      stores.set(2, "completed");
      return completed.map(([document]) => document);
    },
    work: async (document: number) => ({ document, status: stores.get(document) }) as StoreFileWork,
    ingestAgain: async (documents: readonly number[]) => void again.push(...documents),
  } satisfies Partial<VectorStores> as unknown as VectorStores;
  expect(await reconcileIndex({ vectorStores, index }, nobody)).toEqual({ lost: 0, extra: 0 });
  expect(again).toEqual([]);
  expect(await index.documents(0, 9)).toEqual([1, 2]);
});
