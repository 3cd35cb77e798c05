import { waitFor } from "@gateway/testkit";
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
  expect(faults).toEqual([
    "the vectors of document 1 could not be renewed; it is tried again later",
    "the vectors of document 2 could not be renewed; it is tried again later",
  ]);
});

test("a document that cannot be embedded is named and keeps none of the others from their turn", async () => {
  const index = await openIndex(40, 2);
  const embedder = new FakeEmbedder();
  const embed = embedder.embed.bind(embedder);
  let mended = false;
  vi.spyOn(embedder, "embed").mockImplementation(async (texts, ...rest) => {
    if (!mended && texts.some((text) => text.endsWith(" of 7"))) throw new Error("refused");
    return embed(texts, ...rest);
  });
  const faults: string[] = [];
  const renewed = renewVectors(
    { index, embedder, onFault: (message) => void faults.push(message), retryMs: 1 },
    new AbortController().signal,
  );
  await waitFor(() => models(index).filter((model) => model === "letters").length === 39, {
    what: "all the others",
  });
  mended = true;
  await renewed;
  expect(new Set(models(index))).toEqual(new Set(["letters"]));
  expect(faults).toEqual(["the vectors of document 7 could not be renewed; it is tried again later"]);
});

test("while the model is away it is asked less and less often, and not once for each document", async () => {
  const index = await openIndex(200, 1);
  const embedder = new FakeEmbedder();
  embedder.trouble = new Error("away");
  const controller = new AbortController();
  const renewed = renewVectors({ index, embedder, onFault: () => {}, retryMs: 3_600_000 }, controller.signal);
  await waitFor(() => embedder.batches.length > 0, { what: "the first attempt" });
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
  expect(embedder.batches).toHaveLength(3);
  controller.abort();
  await renewed;
});

test("a document is renewed batch by batch, of which no more than one is in memory", async () => {
  const index = await openIndex(1, 12);
  const replace = vi.spyOn(index, "replaceVectors");
  const embedder = new FakeEmbedder({ batchSize: 4 });
  await renewVectors({ index, embedder, onFault: () => {} }, new AbortController().signal);
  expect(replace.mock.calls.map(([, , ordinal, vectors]) => [ordinal, vectors.length])).toEqual([
    [0, 4],
    [4, 4],
    [8, 4],
  ]);
  expect(models(index)).toEqual(["letters"]);
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
