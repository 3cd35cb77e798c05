import { createHash, randomBytes } from "node:crypto";
import type OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oneDoor } from "../doors.ts";
import { type KnowledgeDoors, startKnowledge } from "./knowledge-doors.ts";

const kibibyte = 1024;
const pieces = Array.from({ length: 5 }, (_, n) => randomBytes(100 * kibibyte + n));
const whole = Buffer.concat(pieces);
const md5 = createHash("md5").update(whole).digest("hex");

describe.for(oneDoor)("uploads in parts through %s", (door) => {
  let doors: KnowledgeDoors;
  let client: OpenAI;
  beforeAll(async () => {
    doors = await startKnowledge({
      store: { files: { part_max_bytes: "256KiB", upload_max_bytes: "2MiB" } },
    });
    client = doors.client(door);
  });
  afterAll(() => doors[Symbol.asyncDispose]());

  const begin = (changes: Partial<OpenAI.UploadCreateParams> = {}) =>
    client.uploads.create({
      bytes: whole.length,
      filename: "Teile – 部分.bin",
      mime_type: "application/octet-stream",
      purpose: "user_data",
      ...changes,
    });
  const addPart = async (id: string, piece: Buffer) =>
    (await client.uploads.parts.create(id, { data: await toFile(piece, "part") })).id;
  const contentOf = async (id: string) => Buffer.from(await (await client.files.content(id)).arrayBuffer());

  test("put together what came at the same time and in any order", async () => {
    const upload = await begin({ expires_after: { anchor: "created_at", seconds: 7_200 } });
    expect(upload).toEqual({
      id: expect.stringMatching(/^upload_/),
      object: "upload",
      bytes: whole.length,
      created_at: expect.any(Number),
      expires_at: upload.created_at + 3_600,
      filename: "Teile – 部分.bin",
      purpose: "user_data",
      status: "pending",
      file: null,
    });
    const order = [3, 0, 4, 2, 1];
    const sent = await Promise.all(order.map((n) => addPart(upload.id, pieces[n] as Buffer)));
    const ids = pieces.map((_, n) => sent[order.indexOf(n)] as string);
    const done = await client.uploads.complete(upload.id, { part_ids: ids, md5 });
    expect(done).toMatchObject({
      id: upload.id,
      status: "completed",
      file: {
        id: expect.stringMatching(/^file-/),
        object: "file",
        bytes: whole.length,
        filename: "Teile – 部分.bin",
        purpose: "user_data",
        status: "processed",
      },
    });
    const file = await client.files.retrieve(done.file?.id ?? "");
    expect(file).toEqual(done.file);
    expect(file.expires_at).toBe(file.created_at + 7_200);
    expect(whole.equals(await contentOf(file.id))).toBe(true);
    // Whose answer was lost asks again, and gets the same.
    expect(await client.uploads.complete(upload.id, { part_ids: ids })).toEqual(done);
    await expect(client.uploads.cancel(upload.id)).rejects.toMatchObject({ status: 400 });
  });

  test("take their order from the end, and a part that was sent twice does no harm", async () => {
    const { id } = await begin({ bytes: 6 });
    const end = await addPart(id, Buffer.from("def"));
    // As a client does whose connection broke before the answer.
    await addPart(id, Buffer.from("def"));
    const start = await addPart(id, Buffer.from("abc"));
    const { file } = await client.uploads.complete(id, { part_ids: [start, end] });
    expect(String(await contentOf(file?.id ?? ""))).toBe("abcdef");
  });

  test("with a wrong md5 are not completed, and may be completed after that", async () => {
    const { id } = await begin({ bytes: (pieces[0] as Buffer).length });
    const part_ids = [await addPart(id, pieces[0] as Buffer)];
    await expect(client.uploads.complete(id, { part_ids, md5: "0".repeat(32) })).rejects.toMatchObject({
      status: 422,
      param: "md5",
    });
    await expect(client.uploads.complete(id, { part_ids, md5: "short" })).rejects.toMatchObject({
      status: 422,
      param: "md5",
    });
    const right = createHash("md5")
      .update(pieces[0] as Buffer)
      .digest("hex")
      .toUpperCase();
    expect(await client.uploads.complete(id, { part_ids, md5: right })).toMatchObject({
      status: "completed",
    });
  });

  test("need as many bytes as they were announced with", async () => {
    const { id } = await begin({ bytes: 10 });
    const part = await addPart(id, Buffer.from("abc"));
    await expect(client.uploads.complete(id, { part_ids: [part] })).rejects.toMatchObject({
      status: 422,
      param: "part_ids",
      message: expect.stringContaining("10"),
    });
    await expect(addPart(id, Buffer.from("12345678901"))).rejects.toMatchObject({ status: 413 });
    const rest = await addPart(id, Buffer.from("defghij"));
    expect(await client.uploads.complete(id, { part_ids: [part, rest] })).toMatchObject({
      status: "completed",
    });
  });

  test("know only their own parts", async () => {
    const [one, other] = [await begin({ bytes: 3 }), await begin({ bytes: 3 })];
    const part = await addPart(other.id, Buffer.from("abc"));
    for (const part_ids of [[part], ["part_none"]]) {
      await expect(client.uploads.complete(one.id, { part_ids })).rejects.toMatchObject({
        status: 422,
        param: "part_ids[0]",
      });
    }
    await expect(client.uploads.complete(one.id, { part_ids: [] })).rejects.toMatchObject({
      status: 422,
      param: "part_ids",
    });
  });

  test("that are cancelled take no part and are not completed", async () => {
    const { id } = await begin({ bytes: 3 });
    const part = await addPart(id, Buffer.from("abc"));
    expect(await client.uploads.cancel(id)).toMatchObject({ id, status: "cancelled" });
    expect(await client.uploads.cancel(id)).toMatchObject({ id, status: "cancelled" });
    await expect(addPart(id, Buffer.from("abc"))).rejects.toMatchObject({ status: 400 });
    await expect(client.uploads.complete(id, { part_ids: [part] })).rejects.toMatchObject({ status: 400 });
  });

  test("that there are not are a 404", async () => {
    for (const call of [
      () => addPart("upload_none", Buffer.from("abc")),
      () => client.uploads.complete("upload_none", { part_ids: ["part_none"] }),
      () => client.uploads.cancel("upload_none"),
    ])
      await expect(call()).rejects.toMatchObject({ status: 404, type: "invalid_request_error" });
  });

  test("are refused where they or a part are too large", async () => {
    await expect(begin({ bytes: 3 * 1024 * kibibyte })).rejects.toMatchObject({ status: 413 });
    await expect(begin({ bytes: -1 })).rejects.toMatchObject({ status: 422, param: "bytes" });
    await expect(begin({ purpose: "nothing" as never })).rejects.toMatchObject({
      status: 422,
      param: "purpose",
    });
    const { id } = await begin({ bytes: 1024 * kibibyte });
    await expect(addPart(id, Buffer.alloc(300 * kibibyte))).rejects.toMatchObject({ status: 413 });
  });
});
