import type { VectorStores } from "@gateway/engine";
import { waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { MemoryIndex } from "../testing/memory-index.ts";
import { openIndexKeeper } from "./index-keeper.ts";

function openWorld() {
  const index = new MemoryIndex();
  const vectorStores = {
    completedDocuments: async () => [],
    ingestAgain: async () => {},
  } satisfies Partial<VectorStores> as unknown as VectorStores;
  const closing = new AbortController();
  const world = { index, vectorStores, closing, inStep: 0, faults: [] as string[] };
  const keeper = openIndexKeeper(
    {
      vectorStores,
      index,
      onInStep: () => void world.inStep++,
      onFault: (message) => void world.faults.push(message),
      retryMs: 1,
    },
    closing.signal,
  );
  onTestFinished(() => closing.abort());
  return { ...world, keeper, world, documents: vi.spyOn(index, "documents") };
}

test("a comparison that fails is tried again until it works", async () => {
  const { keeper, documents, world } = openWorld();
  for (let time = 0; time < 4; time++) documents.mockRejectedValueOnce(new Error("away"));
  await keeper.compare();
  expect(world).toMatchObject({ inStep: 0, faults: [expect.stringMatching(/tried again/)] });
  await waitFor(() => world.inStep === 1, { what: "the comparison to work", everyMs: 1 });
  await keeper.idle();
  expect(documents).toHaveBeenCalledTimes(5);
});

test("what is asked for while it compares is done once more after it, and not side by side", async () => {
  const { keeper, documents, world } = openWorld();
  const held = Promise.withResolvers<number[]>();
  documents.mockReturnValueOnce(held.promise);
  const first = keeper.compare();
  await waitFor(() => documents.mock.calls.length === 1, { what: "the comparison" });
  void keeper.compare();
  void keeper.compare();
  expect(documents).toHaveBeenCalledTimes(1);
  held.resolve([]);
  await first;
  await keeper.idle();
  expect(world.inStep).toBe(2);
  await keeper.compare();
  expect(world.inStep).toBe(3);
});

test("it ends with the signal, also while it waits to try again, and says nothing", async () => {
  const { keeper, documents, world, closing } = openWorld();
  documents.mockRejectedValue(new Error("away"));
  await keeper.compare();
  closing.abort();
  await keeper.idle();
  const { length } = world.faults;
  await keeper.compare();
  expect(world).toMatchObject({ inStep: 0 });
  expect(world.faults).toHaveLength(length);
});
