import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { settledStore } from "./settled-store.ts";

const soon = { pollIntervalMs: 20 };

describe.for(oneDoor)("the files of vector stores through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const addFile = async (content: string | Uint8Array, name = "a.txt") =>
    (await client.files.create({ file: await toFile(Buffer.from(content), name), purpose: "assistants" })).id;
  const newStore = async () => (await client.vectorStores.create({})).id;
  const found = async (store: string, query: string) =>
    (await client.vectorStores.search(store, { query })).data.map(({ file_id }) => file_id);

  test("are uploaded, taken in and waited for in one call, which asks again when the server says", async () => {
    const store = await newStore();
    const file = await client.vectorStores.files.uploadAndPoll(
      store,
      await toFile(Buffer.from("Otters swim in rivers."), "otters.md"),
    );
    expect(file).toEqual({
      id: expect.stringMatching(/^file-/),
      object: "vector_store.file",
      created_at: expect.any(Number),
      vector_store_id: store,
      status: "completed",
      last_error: null,
      usage_bytes: expect.any(Number),
      attributes: {},
      chunking_strategy: {
        type: "static",
        static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
      },
    });
    expect(file.usage_bytes).toBeGreaterThan(0);
    const hold = doors.embeddings.hold();
    const { response } = await client.vectorStores.files
      .create(store, { file_id: await addFile("Cats sleep.") })
      .withResponse();
    expect(Number(response.headers.get("openai-poll-after-ms"))).toBeGreaterThan(0);
    hold.open();
  });

  test("are taken in with attributes and a way of cutting of their own", async () => {
    const store = await newStore();
    const file_id = await addFile(Array.from({ length: 300 }, (_, n) => `otter number ${n}`).join(". "));
    const file = await client.vectorStores.files.createAndPoll(
      store,
      {
        file_id,
        attributes: { year: 2024, draft: false, author: "Ada" },
        chunking_strategy: {
          type: "static",
          static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 },
        },
      },
      soon,
    );
    expect(file).toMatchObject({
      status: "completed",
      attributes: { year: 2024, draft: false, author: "Ada" },
    });
    const { data } = await client.vectorStores.search(store, { query: "otter", max_num_results: 50 });
    expect(data.length).toBeGreaterThan(5);
    expect(data.every(({ file_id: id }) => id === file_id)).toBe(true);
  });

  test("get other attributes, by which searches go at once", async () => {
    const store = await newStore();
    const file_id = await addFile("Otters swim.");
    await client.vectorStores.files.createAndPoll(store, { file_id, attributes: { year: 1 } }, soon);
    const updated = await client.vectorStores.files.update(file_id, {
      vector_store_id: store,
      attributes: { colour: "brown" },
    });
    expect(updated).toMatchObject({ id: file_id, attributes: { colour: "brown" } });
    const search = (key: string, value: string | number) =>
      client.vectorStores.search(store, { query: "otters", filters: { type: "eq", key, value } });
    await expect.poll(async () => (await search("colour", "brown")).data.length, { timeout: 10_000 }).toBe(1);
    expect((await search("year", 1)).data).toEqual([]);
    expect((await search("colour", "brown")).data).toMatchObject([{ attributes: { colour: "brown" } }]);
    await expect(
      client.vectorStores.files.update(file_id, {
        vector_store_id: store,
        attributes: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, n])),
      }),
    ).rejects.toMatchObject({ status: 422, param: "attributes" });
  });

  test("tell their text", async () => {
    const store = await newStore();
    const file_id = await addFile("# Otters\n\nThey swim – often.", "otters.md");
    await client.vectorStores.files.createAndPoll(store, { file_id }, soon);
    const page = await client.vectorStores.files.content(file_id, { vector_store_id: store });
    expect(page).toMatchObject({ object: "vector_store.file_content.page" });
    expect(page.data).toEqual([{ type: "text", text: "# Otters\n\nThey swim – often." }]);
  });

  test("are taken out, stay as files, and may be put in again", async () => {
    const store = await newStore();
    const file_id = await addFile("Otters swim.");
    const attach = () => client.vectorStores.files.createAndPoll(store, { file_id }, soon);
    await attach();
    expect(await client.vectorStores.files.delete(file_id, { vector_store_id: store })).toEqual({
      id: file_id,
      object: "vector_store.file.deleted",
      deleted: true,
    });
    expect(await found(store, "otters")).toEqual([]);
    await expect(
      client.vectorStores.files.retrieve(file_id, { vector_store_id: store }),
    ).rejects.toMatchObject({ status: 404 });
    expect(await client.files.retrieve(file_id)).toMatchObject({ id: file_id });
    await attach();
    await attach();
    expect(await found(store, "otters")).toEqual([file_id]);
    expect(await client.vectorStores.retrieve(store)).toMatchObject({
      file_counts: { completed: 1, total: 1 },
    });
  });

  test("that cannot be read fail by themselves and say why", async () => {
    const store = await newStore();
    const good = await addFile("Otters swim.");
    const bad = {
      pdf: await addFile("%PDF-1.7\nnot really", "broken.pdf"),
      unknown: await addFile(
        Uint8Array.from({ length: 4000 }, (_, n) => (n * 7919) % 256),
        "data.bin",
      ),
    };
    for (const file_id of [bad.pdf, good, bad.unknown])
      await client.vectorStores.files.create(store, { file_id });
    expect(await settledStore(client, store)).toMatchObject({
      status: "completed",
      file_counts: { completed: 1, failed: 2, total: 3 },
    });
    const failure = async (id: string) => {
      const { status, last_error } = await client.vectorStores.files.retrieve(id, { vector_store_id: store });
      return [status, last_error?.code, (last_error?.message.length ?? 0) > 20];
    };
    expect(await failure(bad.pdf)).toEqual(["failed", "invalid_file", true]);
    expect(await failure(bad.unknown)).toEqual(["failed", "unsupported_file", true]);
    expect(await found(store, "otters")).toEqual([good]);
    const failed = await client.vectorStores.files.list(store, { filter: "failed", order: "asc" });
    expect(failed.data.map(({ id }) => id)).toEqual([bad.pdf, bad.unknown]);
    await expect(
      client.vectorStores.files.content(bad.pdf, { vector_store_id: store }),
    ).rejects.toMatchObject({ status: 400 });
  });

  test("are listed by status, in both orders, from either side, page by page", async () => {
    const store = await newStore();
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const file_id = await addFile(n === 3 ? "%PDF-1.7" : `Otter ${n}`, n === 3 ? "x.pdf" : "x.txt");
      await client.vectorStores.files.create(store, { file_id });
      ids.push(file_id);
    }
    await settledStore(client, store);
    const [a, b, c, d, e] = ids as [string, string, string, string, string];
    const all = async (query: OpenAI.VectorStores.FileListParams) => {
      const listed: string[] = [];
      for await (const { id } of client.vectorStores.files.list(store, query)) listed.push(id);
      return listed;
    };
    expect(await all({ limit: 2 })).toEqual([e, d, c, b, a]);
    expect(await all({ limit: 2, filter: "completed", order: "asc" })).toEqual([a, b, d, e]);
    expect(await all({ filter: "failed" })).toEqual([c]);
    expect(await all({ filter: "in_progress" })).toEqual([]);
    const before = await client.vectorStores.files.list(store, { before: b, limit: 2, filter: "completed" });
    expect(before.data.map(({ id }) => id)).toEqual([e, d]);
    await expect(all({ after: "file-none" })).rejects.toMatchObject({ status: 404, param: "after" });
  });

  test("that are deleted or taken out while they are taken in leave no trace", async () => {
    const store = await newStore();
    const hold = doors.embeddings.hold();
    const [deleted, detached] = [await addFile("Wombats dig."), await addFile("Wombats sleep.")];
    for (const file_id of [deleted, detached]) await client.vectorStores.files.create(store, { file_id });
    await hold.reached;
    expect(await client.vectorStores.retrieve(store)).toMatchObject({
      status: "in_progress",
      file_counts: { in_progress: 2, total: 2 },
    });
    await client.files.delete(deleted);
    await client.vectorStores.files.delete(detached, { vector_store_id: store });
    hold.open();
    const { id: later } = await client.vectorStores.files.createAndPoll(
      store,
      { file_id: await addFile("Otters swim.") },
      soon,
    );
    expect((await client.vectorStores.files.list(store)).data.map(({ id }) => id)).toEqual([later]);
    expect(await found(store, "wombats dig sleep")).not.toContain(deleted);
    expect(await found(store, "wombats dig sleep")).not.toContain(detached);
    expect(await client.vectorStores.retrieve(store)).toMatchObject({
      file_counts: { completed: 1, total: 1 },
    });
  });

  test("that there are not are a 404 that names the field", async () => {
    const store = await newStore();
    await expect(client.vectorStores.files.create(store, { file_id: "file-none" })).rejects.toMatchObject({
      status: 404,
      param: "file_id",
    });
    const file_id = await addFile("Otters swim.");
    await expect(
      client.vectorStores.files.retrieve(file_id, { vector_store_id: store }),
    ).rejects.toMatchObject({ status: 404 });
  });
});
