import { waitFor } from "@gateway/testkit";
import { toFile } from "openai";
import { expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { startKnowledge } from "./knowledge-doors.ts";

test("vectors are made anew for another model, and searches work meanwhile through every door", async () => {
  await using doors = await startKnowledge();
  const before = doors.client("http");
  const { id: store } = await before.vectorStores.create({});
  const animals = ["otters swim", "cats sleep", "moles dig", "hawks fly"];
  const files = await Promise.all(
    animals.map((words, n) => toFile(Buffer.from(`All ${words}.`), `${n}.txt`)),
  );
  await before.vectorStores.fileBatches.uploadAndPoll(store, { files }, { pollIntervalMs: 20 });
  expect(new Set(doors.embeddings.requests.map(({ model }) => model))).toEqual(new Set(["words-1"]));

  const hold = doors.embeddings.hold((input) => input.some((text) => text.startsWith("All")));
  await doors.restart({ config: { embeddings: { backend: "words", model: "words-2" } } });
  const client = doors.client("http");
  await hold.reached;
  const search = async (ranker: "auto" | "none") => {
    const names: string[] = [];
    for (const [n, query] of animals.entries()) {
      const { vectorStores } = doors.client(doorNames[n % doorNames.length] ?? "http");
      const { data } = await vectorStores.search(store, { query, ranking_options: { ranker } });
      names.push(data[0]?.filename ?? "nothing");
    }
    return names;
  };
  const inOrder = animals.map((_, n) => `${n}.txt`);
  expect(await search("auto")).toEqual(inOrder);
  expect(await client.vectorStores.retrieve(store)).toMatchObject({
    status: "completed",
    file_counts: { completed: 4, total: 4 },
  });
  hold.open();
  const renewed = () =>
    new Set(
      doors.embeddings.requests.flatMap(({ model, input }) =>
        model === "words-2" ? input.filter((text) => text.startsWith("All")) : [],
      ),
    ).size === animals.length;
  await waitFor(renewed, { what: "the new vectors" });
  await expect.poll(() => search("none"), { timeout: 10_000 }).toEqual(inOrder);
});
