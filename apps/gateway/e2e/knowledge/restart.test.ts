import { createHash } from "node:crypto";
import { text } from "@gateway/testkit";
import type OpenAI from "openai";
import { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { startKnowledge } from "./knowledge-doors.ts";
import { searching } from "./scripted-search.ts";
import { settledStore } from "./settled-store.ts";

const count = 200;
/** A word that is in no other file. */
const wordOf = (n: number) =>
  `word${n.toString(26).replace(/\d/g, (digit) => "qrstuvwxyz".charAt(Number(digit)))}`;

async function addFiles(client: OpenAI): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < count; at += 20) {
    const some = Array.from({ length: 20 }, async (_, n) => {
      const content = Buffer.from(`File ${at + n} speaks of ${wordOf(at + n)}.`);
      const file = await toFile(content, `${at + n}.txt`);
      return (await client.files.create({ file, purpose: "assistants" })).id;
    });
    ids.push(...(await Promise.all(some)));
  }
  return ids;
}

/** What is done before goes through the last door there is; what is left is seen through all. */
const lastDoor = doorNames.at(-1) ?? "http";

describe("a gateway that is killed and started again", () => {
  test("has taken in every file of the batch it was working on", { timeout: 60_000 }, async () => {
    await using doors = await startKnowledge();
    const before = doors.client(lastDoor);
    const ids = await addFiles(before);
    const { id: store } = await before.vectorStores.create({ name: "Words" });
    let embedded = 0;
    const hold = doors.embeddings.hold((input) => {
      embedded += input.length;
      return embedded > 70;
    });
    const batch = await before.vectorStores.fileBatches.create(store, {
      files: ids.map((file_id, n) => ({ file_id, attributes: { n } })),
    });
    await hold.reached;
    const counts = (await before.vectorStores.retrieve(store)).file_counts;
    expect(counts.completed).toBeGreaterThan(0);
    expect(counts.in_progress).toBeGreaterThan(0);

    await doors.restart({ signal: "SIGKILL" });
    hold.open();
    const client = doors.client(lastDoor);
    const done = { in_progress: 0, completed: count, failed: 0, cancelled: 0, total: count };
    expect(await settledStore(client, store, 30_000)).toMatchObject({
      name: "Words",
      status: "completed",
      file_counts: done,
    });
    expect(
      await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store }),
    ).toMatchObject({ status: "completed", file_counts: done });
    const listed: string[] = [];
    for await (const { id, status } of client.vectorStores.files.list(store, { limit: 100 }))
      if (status === "completed") listed.push(id);
    expect(listed.toSorted()).toEqual(ids.toSorted());
    const look = async (id: string, n: number) => {
      const door = doorNames[n % doorNames.length] ?? lastDoor;
      const { data } = await doors.client(door).vectorStores.search(store, {
        query: wordOf(n),
        max_num_results: 50,
        ranking_options: { score_threshold: 0.6 },
      });
      expect(
        data.map(({ file_id, attributes }) => [file_id, attributes]),
        wordOf(n),
      ).toContainEqual([id, { n }]);
      expect(data.filter(({ file_id }) => file_id === id)).toHaveLength(1);
    };
    await Promise.all(ids.map(look));
  });

  test("has its files and uploads, and what was found for a response", async () => {
    await using doors = await startKnowledge();
    const before = doors.client(lastDoor);
    const content = Buffer.alloc(1_000_000, "Otters swim in rivers. ");
    const file = await before.files.create({
      file: await toFile(content, "otters.md"),
      purpose: "assistants",
    });
    const upload = await before.uploads.create({
      bytes: 6,
      filename: "parts.txt",
      mime_type: "text/plain",
      purpose: "assistants",
    });
    const addPart = async (client: OpenAI, piece: string) =>
      (await client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(piece), "part") })).id;
    const first = await addPart(before, "abc");
    const store = await before.vectorStores.create({});
    await before.vectorStores.files.uploadAndPoll(
      store.id,
      await toFile(Buffer.from("Otters swim."), "o.md"),
      {
        pollIntervalMs: 20,
      },
    );
    doors.backend.setDefault(searching({ searches: [["otters"]], answer: "They swim 【1】." }));
    const tools = [{ type: "file_search" as const, vector_store_ids: [store.id] }];
    const response = await before.responses.create({ model: "scripted", input: "hi", tools });

    await doors.restart({ signal: "SIGKILL" });
    const client = doors.client(lastDoor);
    const second = await addPart(client, "def");
    const md5 = createHash("md5").update("abcdef").digest("hex");
    const done = await client.uploads.complete(upload.id, { part_ids: [first, second], md5 });
    expect(await (await client.files.content(done.file?.id ?? "")).text()).toBe("abcdef");
    doors.backend.setDefault(text("Yes."));
    for (const { files, vectorStores, responses } of doorNames.map((door) => doors.client(door))) {
      expect(await files.retrieve(file.id)).toEqual(file);
      const kept = Buffer.from(await (await files.content(file.id)).arrayBuffer());
      expect(kept.equals(content)).toBe(true);
      expect((await vectorStores.search(store.id, { query: "otters" })).data).toHaveLength(1);
      const stored = await responses.retrieve(response.id, { include: ["file_search_call.results"] });
      expect(stored.output[0]).toMatchObject({ results: [{ filename: "o.md" }] });
      const next = { model: "scripted", input: "Really?", previous_response_id: response.id };
      expect((await responses.create(next)).status).toBe("completed");
    }
  });
});
