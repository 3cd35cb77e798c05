import { expect, test, vi } from "vitest";
import { FakeEmbedder } from "../testing/fake-embedder.ts";
import { MemoryIndex } from "../testing/memory-index.ts";
import { renewVectors } from "./renew-vectors.ts";

async function openIndex(documents: number, chunks: number) {
  const index = new MemoryIndex();
  for (let document = 1; document <= documents; document++) {
    await index.begin({ document, store: 1, attributes: {}, model: "old" });
    const texts = Array.from({ length: chunks }, (_, n) => `chunk ${n} of ${document}`);
    await index.append(
      document,
      texts.map((text) => ({ text, start: 0, vector: new Float32Array([1]) })),
    );
    await index.seal(document);
  }
  return index;
}

const models = (index: MemoryIndex): string[] => [...index.stored.values()].map(({ model }) => model);

test("every document of another model gets new vectors, batch by batch", async () => {
  const index = await openIndex(40, 6);
  const embedder = new FakeEmbedder({ batchSize: 4 });
  await renewVectors({ index, embedder, onFault: () => {} }, new AbortController().signal);
  expect(new Set(models(index))).toEqual(new Set(["letters"]));
  expect(
    [...index.stored.values()].every(({ chunks }) => chunks.every(({ vector }) => vector.length === 27)),
  ).toBe(true);
  expect(embedder.batches).toHaveLength(80);
});

test("a failure is reported once and tried again until it works", async () => {
  const index = await openIndex(2, 1);
  const embedder = new FakeEmbedder();
  const embed = vi.spyOn(embedder, "embed");
  for (let time = 0; time < 3; time++) embed.mockRejectedValueOnce(new Error("away"));
  const faults: string[] = [];
  const onFault = (message: string): void => void faults.push(message);
  await renewVectors({ index, embedder, onFault, retryMs: 1 }, new AbortController().signal);
  expect(models(index)).toEqual(["letters", "letters"]);
  expect(faults).toHaveLength(1);
});

test("a document that cannot be replaced is passed over", async () => {
  const index = await openIndex(3, 1);
  const replace = index.replaceVectors.bind(index);
  vi.spyOn(index, "replaceVectors").mockImplementation(async (document, ...rest) =>
    document === 2 ? false : replace(document, ...rest),
  );
  await renewVectors(
    { index, embedder: new FakeEmbedder(), onFault: () => {} },
    new AbortController().signal,
  );
  expect(models(index)).toEqual(["letters", "old", "letters"]);
});

test("it ends with the signal, also while it waits to try again", async () => {
  const index = await openIndex(1, 1);
  const embedder = new FakeEmbedder();
  embedder.trouble = new Error("away");
  const controller = new AbortController();
  const onFault = (): void => void setImmediate(() => controller.abort());
  await renewVectors({ index, embedder, onFault, retryMs: 3_600_000 }, controller.signal);
  expect(models(index)).toEqual(["old"]);
});
