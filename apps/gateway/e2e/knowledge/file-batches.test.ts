import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { settledStore } from "./settled-store.ts";

const soon = { pollIntervalMs: 20 };

describe.for(oneDoor)("batches of files through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  let store: string;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
    ({ id: store } = await client.vectorStores.create({}));
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const addFile = async (content: string, name = "a.txt") =>
    (await client.files.create({ file: await toFile(Buffer.from(content), name), purpose: "assistants" })).id;
  const addFiles = (contents: readonly string[]) => Promise.all(contents.map((content) => addFile(content)));
  const counts = (changes: Partial<OpenAI.VectorStores.VectorStoreFileBatch.FileCounts>) => ({
    in_progress: 0,
    completed: 0,
    failed: 0,
    cancelled: 0,
    total: 0,
    ...changes,
  });
  const found = async (query: string) =>
    (await client.vectorStores.search(store, { query, max_num_results: 50 })).data.map(
      ({ file_id }) => file_id,
    );

  test("are uploaded, taken in and waited for in one call, together with files that are there", async () => {
    const there = await addFile("Ferrets hide.");
    const files = await Promise.all(
      [
        "Ferrets run.",
        "Ferrets jump.",
        "Ferrets sleep.",
        "Ferrets eat.",
        "Ferrets climb.",
        "Ferrets dig.",
      ].map((content, n) => toFile(Buffer.from(content), `${n}.txt`)),
    );
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(
      store,
      { files, fileIds: [there] },
      soon,
    );
    expect(batch).toEqual({
      id: expect.stringMatching(/^vsfb_/),
      object: "vector_store.files_batch",
      created_at: expect.any(Number),
      vector_store_id: store,
      status: "completed",
      file_counts: counts({ completed: 7, total: 7 }),
    });
    expect(await found("ferrets")).toHaveLength(7);
  });

  test("give every file its own attributes and way of cutting, or all the same", async () => {
    const [a, b, c] = (await addFiles(["Lynxes hunt.", "Lynxes hide.", "Lynxes wait."])) as [
      string,
      string,
      string,
    ];
    const cut = { type: "static", static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 20 } } as const;
    const batch = await client.vectorStores.fileBatches.createAndPoll(
      store,
      {
        attributes: { kind: "shared" },
        files: [
          { file_id: a, attributes: { kind: "own", rank: 1 } },
          { file_id: b, chunking_strategy: cut },
          { file_id: c },
        ],
      } as OpenAI.VectorStores.FileBatchCreateParams,
      soon,
    );
    expect(batch.file_counts).toEqual(counts({ completed: 3, total: 3 }));
    const of = (id: string) => client.vectorStores.files.retrieve(id, { vector_store_id: store });
    expect(await of(a)).toMatchObject({ attributes: { kind: "own", rank: 1 } });
    expect(await of(b)).toMatchObject({ attributes: { kind: "shared" }, chunking_strategy: cut });
    expect(await of(c)).toMatchObject({ attributes: { kind: "shared" } });
    const filters = { type: "eq", key: "kind", value: "own" } as const;
    const { data } = await client.vectorStores.search(store, { query: "lynxes", filters });
    expect(data.map(({ file_id }) => file_id)).toEqual([a]);
  });

  test("complete with the files that failed, which are listed apart", async () => {
    const good = await addFiles(["Moles dig.", "Moles sleep.", "Moles eat."]);
    const bad = await addFile("%PDF-1.7", "x.pdf");
    const { id, ...batch } = await client.vectorStores.fileBatches.createAndPoll(
      store,
      { file_ids: [...good, bad] },
      soon,
    );
    expect(batch).toMatchObject({
      status: "completed",
      file_counts: counts({ completed: 3, failed: 1, total: 4 }),
    });
    const listed = async (query: Partial<OpenAI.VectorStores.FileBatchListFilesParams>) => {
      const ids: string[] = [];
      const params = { vector_store_id: store, ...query };
      for await (const file of client.vectorStores.fileBatches.listFiles(id, params)) ids.push(file.id);
      return ids;
    };
    expect(await listed({ filter: "failed" })).toEqual([bad]);
    expect((await listed({ filter: "completed", limit: 2 })).sort()).toEqual(good.toSorted());
    expect(await listed({ order: "asc", limit: 1 })).toEqual([...good, bad]);
    expect(await listed({ order: "asc", before: bad, limit: 2 })).toEqual(good.slice(1));
  });

  test("are cancelled while they run: what was not taken in never is", async () => {
    const { id: other } = await client.vectorStores.create({ file_ids: await addFiles(["Badgers sleep."]) });
    await settledStore(client, other);
    const ids = await addFiles(Array.from({ length: 12 }, (_, n) => `Badgers number ${n}`));
    const hold = doors.embeddings.hold();
    const batch = await client.vectorStores.fileBatches.create(store, { file_ids: ids });
    expect(batch).toMatchObject({
      status: "in_progress",
      file_counts: counts({ in_progress: 12, total: 12 }),
    });
    await hold.reached;
    const cancelled = await client.vectorStores.fileBatches.cancel(batch.id, { vector_store_id: store });
    hold.open();
    const { completed } = cancelled.file_counts;
    expect(cancelled).toMatchObject({
      id: batch.id,
      status: "cancelled",
      file_counts: counts({ completed, cancelled: 12 - completed, total: 12 }),
    });
    // What is attached after them is taken in after them.
    const [last] = (await addFiles(["Weasels run."])) as [string];
    await client.vectorStores.files.createAndPoll(store, { file_id: last }, soon);
    expect(await client.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store })).toEqual(
      cancelled,
    );
    expect((await found("badgers number")).filter((id) => ids.includes(id))).toHaveLength(completed);
    const again = await client.vectorStores.fileBatches.cancel(batch.id, { vector_store_id: store });
    expect(again).toMatchObject({ status: "cancelled" });
    const once = await client.vectorStores.files.createAndPoll(store, { file_id: ids[11] as string }, soon);
    expect(once.status).toBe("completed");
  });

  test("are taken whole or not at all", async () => {
    const [good] = (await addFiles(["Shrews run."])) as [string];
    const create = (body: object) =>
      client.vectorStores.fileBatches.create(store, body as OpenAI.VectorStores.FileBatchCreateParams);
    await expect(create({ file_ids: [good, "file-none"] })).rejects.toMatchObject({
      status: 404,
      param: "file_ids[1]",
    });
    await expect(create({ files: [{ file_id: good }, { file_id: "file-none" }] })).rejects.toMatchObject({
      status: 404,
      param: "files[1].file_id",
    });
    await expect(create({ file_ids: [good], files: [{ file_id: good }] })).rejects.toMatchObject({
      status: 422,
    });
    await expect(create({})).rejects.toMatchObject({ status: 422 });
    await expect(client.vectorStores.files.retrieve(good, { vector_store_id: store })).rejects.toMatchObject({
      status: 404,
    });
    await expect(
      client.vectorStores.fileBatches.retrieve("vsfb_none", { vector_store_id: store }),
    ).rejects.toMatchObject({ status: 404 });
  });
});
