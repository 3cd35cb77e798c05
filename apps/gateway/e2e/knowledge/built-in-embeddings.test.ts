import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { doorNames, oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { searching } from "./scripted-search.ts";

const facts = [
  ["pets.txt", "Our kitten purrs when somebody strokes its fur."],
  ["money.txt", "The bank raised the interest on loans in spring."],
  ["weather.txt", "A storm is coming tonight, with heavy rain and thunder."],
] as const;

describe("vector stores with the model that comes along", () => {
  let doors: KnowledgeDoors;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge({ embeddings: null });
    const client = doors.client(doorNames.at(-1) ?? "http");
    ({ id: store } = await client.vectorStores.create({}));
    const files = await Promise.all(facts.map(([name, content]) => toFile(Buffer.from(content), name)));
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store, { files });
    expect(batch.file_counts.completed).toBe(facts.length);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  describe.for(oneDoor)("through %s", (door) => {
    test.for([
      ["a cat that is being petted", "pets.txt"],
      ["how much does borrowing cost", "money.txt"],
      ["do I need an umbrella", "weather.txt"],
    ] as const)("find by meaning what shares no word with '%s'", async ([query, expected]) => {
      const client = doors.client(door);
      const { data } = await client.vectorStores.search(store, {
        query,
        ranking_options: { ranker: "none" },
      });
      expect(data[0]?.filename).toBe(expected);
      expect((await client.vectorStores.search(store, { query })).data[0]?.filename).toBe(expected);
      expect(doors.embeddings.requests).toEqual([]);
    });

    test("serve the tool", async () => {
      doors.backend.setDefault(
        searching({ searches: [["do I need an umbrella"]], answer: "Take one 【1】." }),
      );
      const { output } = await doors.client(door).responses.create({
        model: "scripted",
        input: "Umbrella?",
        tools: [{ type: "file_search", vector_store_ids: [store], max_num_results: 1 }],
      });
      expect(output[1]).toMatchObject({
        content: [{ annotations: [{ filename: "weather.txt", index: 8 }] }],
      });
    });
  });
});
