import { toFile } from "openai";
import { expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import { startKnowledge } from "./knowledge-doors.ts";
import { settledStore } from "./settled-store.ts";

/** Arguments for a Node whose clock is fast by so many hours. */
const hoursLater = (hours: number) => [
  "--import",
  `data:text/javascript,const now=Date.now;Date.now=()=>now()+${hours * 3_600_000}`,
];

test("files, uploads and vector stores go when their time is over, at every door", async () => {
  await using doors = await startKnowledge();
  const before = doors.client("http");
  const create = async (content: string, seconds?: number) =>
    before.files.create({
      file: await toFile(Buffer.from(content), "a.txt"),
      purpose: "assistants",
      ...(seconds && { expires_after: { anchor: "created_at", seconds } }),
    });
  const [short, long] = [await create("Otters swim.", 3_600), await create("Otters sleep.")];
  const store = await before.vectorStores.create({ file_ids: [short.id, long.id] });
  const idle = await before.vectorStores.create({
    file_ids: [long.id],
    expires_after: { anchor: "last_active_at", days: 1 },
  });
  const upload = await before.uploads.create({
    bytes: 3,
    filename: "a.txt",
    mime_type: "text/plain",
    purpose: "assistants",
  });
  const part = await before.uploads.parts.create(upload.id, {
    data: await toFile(Buffer.from("abc"), "a.txt"),
  });
  for (const { id } of [store, idle]) await settledStore(before, id);

  await doors.restart({ nodeArgs: hoursLater(25) });
  for (const door of doorNames) {
    const client = doors.client(door);
    await expect(client.files.retrieve(short.id)).rejects.toMatchObject({ status: 404 });
    await expect(client.files.content(short.id)).rejects.toMatchObject({ status: 404 });
    expect(await client.files.retrieve(long.id)).toMatchObject({ id: long.id });
    await expect
      .poll(async () => (await client.files.list()).data.map(({ id }) => id), { timeout: 10_000 })
      .toEqual([long.id]);
    await expect
      .poll(async () => (await client.vectorStores.files.list(store.id)).data.map(({ id }) => id), {
        timeout: 10_000,
      })
      .toEqual([long.id]);
    const { data } = await client.vectorStores.search(store.id, { query: "otters" });
    expect(data.map(({ file_id }) => file_id)).toEqual([long.id]);

    await expect(client.uploads.complete(upload.id, { part_ids: [part.id] })).rejects.toMatchObject({
      status: 400,
    });
    await expect(
      client.uploads.parts.create(upload.id, { data: await toFile(Buffer.from("abc"), "a.txt") }),
    ).rejects.toMatchObject({ status: 400 });

    const tools = [{ type: "file_search" as const, vector_store_ids: [idle.id] }];
    expect(await client.vectorStores.retrieve(idle.id)).toMatchObject({ status: "expired" });
    await expect(client.vectorStores.search(idle.id, { query: "otters" })).rejects.toMatchObject({
      status: 400,
      code: "vector_store_expired",
    });
    await expect(client.responses.create({ model: "scripted", input: "hi", tools })).rejects.toMatchObject({
      status: 400,
      code: "vector_store_expired",
      param: "tools[0].vector_store_ids[0]",
    });
    await expect(client.vectorStores.files.create(idle.id, { file_id: long.id })).rejects.toMatchObject({
      status: 400,
    });
  }
  const client = doors.client(doorNames.at(-1) ?? "http");
  const revived = await client.vectorStores.update(idle.id, { expires_after: null });
  expect(revived).toMatchObject({ status: "completed", expires_at: null });
  expect((await client.vectorStores.search(idle.id, { query: "otters" })).data).toHaveLength(1);
});
