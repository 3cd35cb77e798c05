import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";
import { settledStore } from "./settled-store.ts";

describe.for(oneDoor)("vector stores through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const addFile = async (content: string) =>
    (await client.files.create({ file: await toFile(Buffer.from(content), "a.txt"), purpose: "assistants" }))
      .id;

  test("may be created with nothing", async () => {
    const store = await client.vectorStores.create({});
    expect(store).toEqual({
      id: expect.stringMatching(/^vs_/),
      object: "vector_store",
      created_at: expect.any(Number),
      name: null,
      description: null,
      usage_bytes: 0,
      file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
      status: "completed",
      expires_after: null,
      expires_at: null,
      last_active_at: store.created_at,
      metadata: {},
    });
    expect(await client.vectorStores.retrieve(store.id)).toEqual(store);
    const bare = await fetch(`${doors.url(door)}/vector_stores`, { method: "POST" });
    expect(bare.status).toBe(200);
  });

  test("take in the files they are created with", async () => {
    const file_ids = [await addFile("Otters swim."), await addFile("Cats sleep.")];
    const store = await client.vectorStores.create({
      name: "Animals",
      description: "What they do",
      file_ids,
      metadata: { topic: "zoo" },
      expires_after: { anchor: "last_active_at", days: 3 },
      chunking_strategy: { type: "static", static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 } },
    });
    expect(store).toMatchObject({
      name: "Animals",
      description: "What they do",
      metadata: { topic: "zoo" },
      expires_after: { anchor: "last_active_at", days: 3 },
      expires_at: store.created_at + 3 * 86_400,
      file_counts: { total: 2 },
    });
    const settled = await settledStore(client, store.id);
    expect(settled).toMatchObject({
      status: "completed",
      file_counts: { in_progress: 0, completed: 2, failed: 0, cancelled: 0, total: 2 },
    });
    expect(settled.usage_bytes).toBeGreaterThan(0);
    const [one, two] = (await client.vectorStores.files.list(store.id, { order: "asc" })).data;
    expect([one?.id, two?.id]).toEqual(file_ids);
    expect(one?.chunking_strategy).toEqual({
      type: "static",
      static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 10 },
    });
  });

  test("are listed in both orders, from either side, page by page", async () => {
    const before = (await client.vectorStores.list({ limit: 100 })).data.length;
    const ids: string[] = [];
    for (const name of ["1", "2", "3", "4", "5"]) ids.push((await client.vectorStores.create({ name })).id);
    const [a, b, c, d, e] = ids;
    const all: string[] = [];
    for await (const { id } of client.vectorStores.list({ limit: 2 })) all.push(id);
    expect(all).toHaveLength(before + 5);
    expect(all.slice(0, 5)).toEqual([e, d, c, b, a]);
    const page = async (query: OpenAI.VectorStoreListParams) => {
      const { data, has_more } = await client.vectorStores.list(query);
      return [data.map(({ id }) => id), has_more];
    };
    expect(await page({ limit: 2, after: e as string })).toEqual([[d, c], true]);
    expect(await page({ limit: 2, before: b as string })).toEqual([[d, c], true]);
    expect(await page({ limit: 9, before: c as string })).toEqual([[e, d], false]);
    expect(await page({ limit: 2, after: c as string, order: "asc" })).toEqual([[d, e], false]);
    expect(await page({ limit: 1, before: c as string, order: "asc" })).toEqual([[b], true]);
    for (const query of [{ after: "vs_none" }, { before: "vs_none" }])
      await expect(client.vectorStores.list(query)).rejects.toMatchObject({ status: 404 });
    await expect(client.vectorStores.list({ limit: 101 })).rejects.toMatchObject({
      status: 422,
      param: "limit",
    });
  });

  test("are changed by POST and by PUT: what is not named stays, null empties", async () => {
    const { id } = await client.vectorStores.create({ name: "Old", metadata: { a: "1" } });
    expect(await client.vectorStores.update(id, { name: "New" })).toMatchObject({
      name: "New",
      metadata: { a: "1" },
    });
    const put = await fetch(`${doors.url(door)}/vector_stores/${id}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ metadata: { b: "2" }, expires_after: { anchor: "last_active_at", days: 1 } }),
    });
    expect(await put.json()).toMatchObject({
      id,
      name: "New",
      metadata: { b: "2" },
      expires_after: { days: 1 },
    });
    expect(
      await client.vectorStores.update(id, { name: null, metadata: null, expires_after: null }),
    ).toMatchObject({
      name: null,
      metadata: {},
      expires_after: null,
      expires_at: null,
    });
    expect(await client.vectorStores.retrieve(id)).toMatchObject({ name: null, metadata: {} });
  });

  test("are deleted, and their files stay", async () => {
    const file = await addFile("Otters swim.");
    const { id } = await client.vectorStores.create({ file_ids: [file] });
    await settledStore(client, id);
    expect(await client.vectorStores.delete(id)).toEqual({
      id,
      object: "vector_store.deleted",
      deleted: true,
    });
    for (const call of [
      () => client.vectorStores.retrieve(id),
      () => client.vectorStores.update(id, { name: "x" }),
      () => client.vectorStores.delete(id),
      () => client.vectorStores.search(id, { query: "otters" }),
      () => client.vectorStores.files.list(id),
      () => client.vectorStores.files.create(id, { file_id: file }),
      () => client.vectorStores.fileBatches.create(id, { file_ids: [file] }),
    ])
      await expect(call()).rejects.toMatchObject({ status: 404, type: "invalid_request_error" });
    expect(await client.files.retrieve(file)).toMatchObject({ id: file });
  });

  test.for([
    [{ file_ids: ["file-none"] }, 404, "file_ids[0]"],
    [{ name: "x".repeat(257) }, 422, "name"],
    [{ metadata: { k: "v".repeat(513) } }, 422, "metadata.k"],
    [{ expires_after: { anchor: "last_active_at", days: 0 } }, 422, "expires_after.days"],
    [
      {
        chunking_strategy: {
          type: "static",
          static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 },
        },
      },
      422,
      "chunking_strategy.static.chunk_overlap_tokens",
    ],
  ] as const)("are refused with %j", async ([body, status, param]) => {
    await expect(client.vectorStores.create(body as never)).rejects.toMatchObject({ status, param });
  });
});
