import { openEmbeddedEmbedder } from "@gateway/embeddings";
import type { RankingOptions } from "@gateway/protocol";
import { openSearchIndex } from "@gateway/search-index";
import { beforeAll, describe, expect, test } from "vitest";
import { openWorldWith } from "../testing/knowledge-world.ts";
import { recallDocuments, recallQuestions } from "./recall-set.ts";

const nobody = new AbortController().signal;

describe("a hundred documents in the embedded model and the real index", () => {
  /** Place of the right document among the results for each question, from 1; 0 where it is not among them. */
  let placesOf: (ranking?: RankingOptions) => Promise<number[]>;

  beforeAll(async () => {
    const world = await openWorldWith({
      embedder: openEmbeddedEmbedder(),
      index: openSearchIndex({ path: ":memory:" }),
    });
    const { knowledge, tenant, addFile, settled } = world;
    await knowledge.start();
    const files = new Map<string, string>();
    for (const { id, text } of recallDocuments) files.set(id, (await addFile(text, `${id}.txt`)).id);
    const store = await knowledge.stores.create(tenant, { file_ids: [...files.values()] });
    for (const id of files.values()) expect((await settled(store.id, id)).status).toBe("completed");
    placesOf = (ranking) =>
      Promise.all(
        recallQuestions.map(async ({ question, answer }) => {
          const body = { query: question, ranking_options: ranking };
          const results = await knowledge.stores.search(tenant, store.id, body, nobody);
          return results.findIndex((result) => result.file_id === files.get(answer)) + 1;
        }),
      );
    return world.close;
  });

  const recallAt = (places: readonly number[], limit: number): number =>
    places.filter((place) => place > 0 && place <= limit).length / places.length;

  test("of the questions nine in ten find their document among the first five", async () => {
    const rankings: [string, RankingOptions | undefined][] = [
      ["vectors alone", { ranker: "none" }],
      ["text alone", { hybrid_search: { embedding_weight: 0, text_weight: 1 } }],
      ["both (default)", undefined],
    ];
    const lines: string[] = [];
    let places: number[] = [];
    for (const [name, ranking] of rankings) {
      places = await placesOf(ranking);
      lines.push(
        `${name.padEnd(14)} recall@1 ${recallAt(places, 1).toFixed(3)}  recall@5 ${recallAt(places, 5).toFixed(3)}`,
      );
    }
    process.stdout.write(`${lines.join("\n")}\n`);
    expect(recallAt(places, 5)).toBeGreaterThanOrEqual(0.9);
  });
});
