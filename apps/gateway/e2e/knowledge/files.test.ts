import { randomBytes } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { tempDir } from "@gateway/testkit";
import OpenAI, { toFile, toStreamingFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";

describe.for(oneDoor)("files through %s, by the official client", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge();
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const bytesOf = async (id: string) => Buffer.from(await (await client.files.content(id)).arrayBuffer());

  test("are taken from disk, from memory, from an answer and from streams, and come back byte by byte", async () => {
    using dir = tempDir();
    const bytes = randomBytes(300_000);
    writeFileSync(dir.join("from-disk.bin"), bytes);
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += 70_000) yield bytes.subarray(at, at + 70_000);
    };
    const disk = await client.files.create({
      file: createReadStream(dir.join("from-disk.bin")),
      purpose: "user_data",
    });
    expect(disk).toEqual({
      id: expect.stringMatching(/^file-/),
      object: "file",
      bytes: bytes.length,
      created_at: expect.any(Number),
      expires_at: null,
      filename: "from-disk.bin",
      purpose: "user_data",
      status: "processed",
      status_details: null,
    });
    const others = await Promise.all(
      [
        await toFile(bytes, "from-memory.bin"),
        new File([bytes], "from-file.bin"),
        await client.files.content(disk.id),
        await toFile(ReadableStream.from(pieces()), "from-web-stream.bin"),
        toStreamingFile(pieces(), "from-iterable.bin"),
      ].map((file) => client.files.create({ file, purpose: "user_data" })),
    );
    expect(others.map(({ filename }) => filename)).toEqual([
      "from-memory.bin",
      "from-file.bin",
      "content",
      "from-web-stream.bin",
      "from-iterable.bin",
    ]);
    for (const { id, bytes: length } of [disk, ...others]) {
      expect(length).toBe(bytes.length);
      expect(bytes.equals(await bytesOf(id))).toBe(true);
      expect(await client.files.retrieve(id)).toMatchObject({ id, bytes: length });
    }
  });

  test.for([
    "Überblick – 報告 😀.md",
    "plus+and (brackets) & spaces.txt",
    "semi;colon=and,comma.txt",
    "50%.txt",
  ])("keep the name %s", async (name) => {
    const { id, filename } = await client.files.create({
      file: await toFile(Buffer.from("x"), name),
      purpose: "assistants",
    });
    expect(filename).toBe(name);
    expect(await client.files.retrieve(id)).toMatchObject({ filename: name });
  });

  test("may be empty", async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.alloc(0), "nothing.txt"),
      purpose: "assistants",
    });
    expect(file.bytes).toBe(0);
    expect(await bytesOf(file.id)).toHaveLength(0);
  });

  test("are listed by purpose, in both orders, page by page", async () => {
    const ids: string[] = [];
    for (const n of [1, 2, 3, 4, 5]) {
      const file = await toFile(Buffer.from(`eval ${n}`), `${n}.jsonl`);
      ids.push((await client.files.create({ file, purpose: "evals" })).id);
    }
    const all = async (query: OpenAI.FileListParams) => {
      const found: string[] = [];
      for await (const { id } of client.files.list({ purpose: "evals", ...query })) found.push(id);
      return found;
    };
    expect(await all({})).toEqual(ids.toReversed());
    expect(await all({ order: "asc" })).toEqual(ids);
    expect(await all({ limit: 2, order: "asc" })).toEqual(ids);
    expect(await all({ limit: 2 })).toEqual(ids.toReversed());
    expect(await all({ limit: 1, order: "asc", after: ids[2] ?? "" })).toEqual(ids.slice(3));
    const page = await client.files.list({ purpose: "evals", limit: 2, order: "asc" });
    expect(page).toMatchObject({ has_more: true, data: [{ id: ids[0] }, { id: ids[1] }] });
    expect((await client.files.list()).data.length).toBeGreaterThan(ids.length);
    expect(await all({ purpose: "batch" })).toEqual([]);
    await expect(client.files.list({ after: "file-none" })).rejects.toMatchObject({
      status: 404,
      param: "after",
    });
  });

  test("tell when they expire", async () => {
    const { created_at, expires_at } = await client.files.create({
      file: await toFile(Buffer.from("x"), "x.txt"),
      purpose: "assistants",
      expires_after: { anchor: "created_at", seconds: 3_600 },
    });
    expect(expires_at).toBe(created_at + 3_600);
  });

  test("leave all vector stores when they are deleted", async () => {
    const file = await client.files.create({
      file: await toFile(Buffer.from("Wombats dig burrows."), "wombats.txt"),
      purpose: "assistants",
    });
    const stores = [await client.vectorStores.create({}), await client.vectorStores.create({})];
    for (const { id } of stores) {
      const attached = await client.vectorStores.files.createAndPoll(
        id,
        { file_id: file.id },
        { pollIntervalMs: 20 },
      );
      expect(attached.status).toBe("completed");
    }
    expect(await client.files.delete(file.id)).toEqual({ id: file.id, object: "file", deleted: true });
    for (const { id } of stores) {
      await expect(
        client.vectorStores.files.retrieve(file.id, { vector_store_id: id }),
      ).rejects.toMatchObject({ status: 404 });
      expect((await client.vectorStores.search(id, { query: "wombats" })).data).toEqual([]);
      expect(await client.vectorStores.retrieve(id)).toMatchObject({ file_counts: { total: 0 } });
    }
    for (const call of [
      () => client.files.retrieve(file.id),
      () => client.files.content(file.id),
      () => client.files.delete(file.id),
    ])
      await expect(call()).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test("for an unknown purpose are refused", async () => {
    const file = await toFile(Buffer.from("x"), "x.txt");
    await expect(client.files.create({ file, purpose: "assistant" as never })).rejects.toMatchObject({
      status: 422,
      param: "purpose",
      type: "invalid_request_error",
    });
    await expect(
      client.files.create({
        file,
        purpose: "assistants",
        expires_after: { anchor: "created_at", seconds: 60 },
      }),
    ).rejects.toMatchObject({ status: 422, param: "expires_after.seconds" });
  });
});

describe.for(oneDoor)("limits on files through %s", (door) => {
  const kibibytes = (n: number) => Buffer.alloc(n * 1024, "x");
  const createWith = (client: OpenAI) => async (content: Buffer) =>
    client.files.create({ file: await toFile(content, "x.txt"), purpose: "assistants" });

  test("a file that is too large is a 413, announced or not", async () => {
    await using doors = await startKnowledge({ store: { files: { max_bytes: "64KiB" } } });
    const client = doors.client(door);
    const create = createWith(client);
    expect((await create(kibibytes(64))).bytes).toBe(64 * 1024);
    const tooLarge = { status: 413, type: "invalid_request_error" };
    await expect(create(kibibytes(3_000))).rejects.toMatchObject(tooLarge);
    await expect(create(Buffer.concat([kibibytes(64), Buffer.from("x")]))).rejects.toMatchObject(tooLarge);
    const long = async function* () {
      for (let n = 0; n < 200; n++) yield kibibytes(16);
    };
    const file = toStreamingFile(long(), "long.txt");
    await expect(client.files.create({ file, purpose: "assistants" })).rejects.toMatchObject(tooLarge);
    expect((await client.files.list()).data).toHaveLength(1);
  });

  test("a file that was refused before all of it was read costs the next request nothing", async () => {
    await using doors = await startKnowledge({ store: { files: { max_bytes: "64KiB" } } });
    const client = doors.client(door);
    for (const size of [65, 65, 200, 1_000, 65, 3_000, 3_000, 1_000, 200, 65]) {
      await expect(createWith(client)(kibibytes(size)), `${size} KiB`).rejects.toMatchObject({ status: 413 });
      expect((await client.files.list()).data, `after ${size} KiB`).toEqual([]);
    }
  });

  test("a quota that is reached is a 413, and deleting makes room", async () => {
    await using doors = await startKnowledge({
      store: { files: { quota_files: 3, quota_bytes: "100KiB" } },
    });
    const client = doors.client(door);
    const create = createWith(client);
    const reached = { status: 413, code: "quota_exceeded", type: "invalid_request_error" };
    const large = await create(kibibytes(60));
    await expect(create(kibibytes(60))).rejects.toMatchObject(reached);
    await create(kibibytes(1));
    await create(kibibytes(1));
    await expect(create(kibibytes(1))).rejects.toMatchObject(reached);
    await client.files.delete(large.id);
    expect((await create(kibibytes(60))).bytes).toBe(60 * 1024);
    expect((await client.files.list()).data).toHaveLength(3);
  });
});
