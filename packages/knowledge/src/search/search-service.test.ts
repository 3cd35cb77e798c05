import type { RankingOptions } from "@gateway/protocol";
import { expect, test, vi } from "vitest";
import { openWorld } from "../testing/knowledge-world.ts";
import { refusalOf } from "../testing/refusal-of.ts";
import { toWeights } from "./to-weights.ts";

const nobody = new AbortController().signal;

/** A store with these texts, taken in. */
async function openSearchWorld(texts: readonly string[], attributes = {}) {
  const world = await openWorld();
  const { knowledge, tenant, addFile, settled } = world;
  await knowledge.start();
  const store = await knowledge.stores.create(tenant, {});
  const files = [];
  for (const text of texts) {
    const file = await addFile(text);
    await knowledge.stores.attach(tenant, store.id, { file_id: file.id, attributes });
    files.push(file);
  }
  for (const file of files) expect((await settled(store.id, file.id)).status).toBe("completed");
  world.embedder.batches.length = 0;
  const search = (query: string | string[], ranking?: RankingOptions, limit?: number) =>
    knowledge.stores.search(
      tenant,
      store.id,
      { query, ranking_options: ranking, max_num_results: limit },
      nobody,
    );
  return { ...world, storeId: store.id, files, search };
}

test("a result names its file, with score, attributes and the chunk's text", async () => {
  const { search, files, embedder } = await openSearchWorld(["otters swim well", "zzz"], { year: 2020 });
  const [best] = await search("otters swim");
  expect(best).toEqual({
    file_id: files[0]?.id,
    filename: files[0]?.filename,
    score: expect.any(Number),
    attributes: { year: 2020 },
    content: [{ type: "text", text: "otters swim well" }],
  });
  expect(embedder.batches).toMatchObject([{ texts: ["otters swim"], kind: "query" }]);
});

test("ten results are given unless another number is asked for", async () => {
  const { search } = await openSearchWorld(Array.from({ length: 12 }, (_, n) => `otter ${n}`));
  expect(await search("otter")).toHaveLength(10);
  expect(await search("otter", undefined, 12)).toHaveLength(12);
});

test("several queries are embedded together and searched together", async () => {
  const { search, embedder, index } = await openSearchWorld(["otters", "beavers"]);
  expect((await search(["otters", "beavers"])).map(({ content }) => content[0]?.text).sort()).toEqual([
    "beavers",
    "otters",
  ]);
  expect(embedder.batches).toHaveLength(1);
  expect(index.searches[0]?.queries.map(({ text, vector }) => [text, vector?.length])).toEqual([
    ["otters", 27],
    ["beavers", 27],
  ]);
});

test("results below the threshold are left out", async () => {
  const { search } = await openSearchWorld(["otters swim", "zzz otters"]);
  const all = await search("otters swim");
  expect(all).toHaveLength(2);
  const threshold = ((all[0]?.score ?? 0) + (all[1]?.score ?? 0)) / 2;
  expect(await search("otters swim", { score_threshold: threshold })).toEqual([all[0]]);
});

test.each<[RankingOptions | undefined, { embedding: number; text: number }]>([
  [undefined, { embedding: 0.5, text: 0.5 }],
  [{}, { embedding: 0.5, text: 0.5 }],
  [{ ranker: "auto" }, { embedding: 0.5, text: 0.5 }],
  [{ ranker: "default-2024-11-15" }, { embedding: 0.5, text: 0.5 }],
  [{ ranker: "none" }, { embedding: 1, text: 0 }],
  [{ hybrid_search: { embedding_weight: 3, text_weight: 1 } }, { embedding: 0.75, text: 0.25 }],
  [{ hybrid_search: { embedding_weight: 0, text_weight: 7 } }, { embedding: 0, text: 1 }],
])("the ranking options %j weigh %j", (ranking, weights) => {
  expect(toWeights(ranking)).toEqual(weights);
});

test("a search by text alone does not ask the embedder", async () => {
  const { search, embedder } = await openSearchWorld(["otters"]);
  expect(await search("otters", { hybrid_search: { embedding_weight: 0, text_weight: 1 } })).toHaveLength(1);
  expect(embedder.batches).toEqual([]);
});

test("when the embedder fails the text decides, and the fault is told", async () => {
  const { search, embedder, faults, index } = await openSearchWorld(["otters", "zzz"]);
  embedder.trouble = new Error("away");
  expect((await search("otters")).map(({ content }) => content[0]?.text)).toEqual(["otters"]);
  expect(index.searches.at(-1)?.weights).toEqual({ embedding: 0, text: 1 });
  expect(faults).toEqual([
    { message: expect.stringContaining("by its text alone"), cause: embedder.trouble },
  ]);
  await expect(search("otters", { ranker: "none" })).rejects.toThrow("away");
});

test("a search that is aborted ends with the reason, not with results by text", async () => {
  const { knowledge, tenant, storeId, embedder } = await openSearchWorld(["otters"]);
  embedder.hold = new Promise(() => {});
  const controller = new AbortController();
  const search = knowledge.stores.search(tenant, storeId, { query: "otters" }, controller.signal);
  controller.abort(new Error("gone"));
  await expect(search).rejects.toThrow("gone");
});

test("files that have just been taken out make room for others", async () => {
  const { search, files, knowledge, tenant, storeId, index } = await openSearchWorld(
    Array.from({ length: 20 }, (_, n) => `otter ${n}`),
  );
  // The index does not know yet.
  vi.spyOn(index, "remove").mockResolvedValue();
  const best = (await search("otter", undefined, 10)).slice(0, 8);
  for (const { file_id } of best) await knowledge.stores.detach(tenant, storeId, file_id);
  const results = await search("otter", undefined, 10);
  expect(results).toHaveLength(10);
  const gone = new Set(best.map((result) => result.file_id));
  expect(results.some((result) => gone.has(result.file_id))).toBe(false);
  expect(files).toHaveLength(20);
});

test("an empty store gives nothing", async () => {
  const { search } = await openSearchWorld([]);
  expect(await search("otters")).toEqual([]);
});

test("a search notes the use of a store, once a minute", async () => {
  const { search, knowledge, tenant, storeId, pass, store } = await openSearchWorld(["otters"]);
  const touch = vi.spyOn(store.vectorStores, "touch");
  const before = (await knowledge.stores.get(tenant, storeId)).last_active_at;
  pass(100);
  await search("otters");
  await search("otters");
  expect(touch).toHaveBeenCalledTimes(1);
  expect((await knowledge.stores.get(tenant, storeId)).last_active_at).toBeGreaterThanOrEqual(before + 100);
  pass(60);
  await search("otters");
  expect(touch).toHaveBeenCalledTimes(2);
});

test("a use that cannot be noted does not end the search", async () => {
  const { search, store, faults } = await openSearchWorld(["otters"]);
  vi.spyOn(store.vectorStores, "touch").mockRejectedValueOnce(new Error("disk full"));
  expect(await search("otters")).toHaveLength(1);
  expect(faults).toHaveLength(1);
});

test("the tool searches several stores and passes over those that have gone", async () => {
  const { knowledge, tenant, storeId } = await openSearchWorld(["otters"]);
  const query = { storeIds: ["vs_x", storeId], queries: ["otters"], limit: 5 };
  expect(await knowledge.search.search(tenant, query, nobody)).toHaveLength(1);
  expect(await knowledge.search.search("other", query, nobody)).toEqual([]);
  await knowledge.search.check(tenant, [storeId], "tools[1].vector_store_ids");
  expect(
    await refusalOf(knowledge.search.check(tenant, [storeId, "vs_x"], "tools[1].vector_store_ids")),
  ).toMatchObject({
    status: 404,
    param: "tools[1].vector_store_ids[1]",
  });
});
