import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import type { UploadObject } from "@gateway/protocol";
import { waitFor } from "@gateway/testkit";
import { expect, test, vi } from "vitest";
import type { KnowledgeSettings } from "../settings.ts";
import { openWorld } from "../testing/knowledge-world.ts";
import { refusalOf } from "../testing/refusal-of.ts";

async function openUploadWorld(bytes: number, settings?: Partial<KnowledgeSettings>) {
  const world = await openWorld(settings ? { settings } : {});
  const { uploads } = world.knowledge;
  const upload = await uploads.create(world.tenant, {
    bytes,
    filename: "big.txt",
    mime_type: "text/plain",
    purpose: "assistants",
    expires_after: { anchor: "created_at", seconds: 7_200 },
  });
  const part = async (content: string): Promise<string> => {
    const source = ReadableStream.from([new TextEncoder().encode(content)]);
    return (await uploads.addPart(world.tenant, upload.id, source)).id;
  };
  const complete = (partIds: string[], md5?: string): Promise<UploadObject> =>
    uploads.complete(world.tenant, upload.id, { part_ids: partIds, md5 });
  return { ...world, uploads, upload, part, complete };
}

test("parts are joined in the order that is asked for, whatever order they came in", async () => {
  const { complete, part, upload, knowledge, tenant } = await openUploadWorld(11);
  expect(upload).toMatchObject({ status: "pending", file: null, expires_at: upload.created_at + 3_600 });
  const [world, hello] = await Promise.all([part("world"), part("Hello ")]);
  const md5 = createHash("md5").update("Hello world").digest("hex").toUpperCase();
  const completed = await complete([hello, world], md5);
  expect(completed).toMatchObject({
    id: upload.id,
    status: "completed",
    file: { object: "file", bytes: 11, filename: "big.txt", purpose: "assistants" },
  });
  const file = await knowledge.files.get(tenant, completed.file?.id ?? "");
  expect(file).toEqual(completed.file);
  expect(file.expires_at).toBe(file.created_at + 7_200);
  expect(await text((await knowledge.files.content(tenant, file.id)).body)).toBe("Hello world");
});

test("the parts are removed once the file is made", async () => {
  const { complete, part, store, blobs } = await openUploadWorld(6);
  const ids = [await part("abc"), await part("def")];
  await complete(ids);
  await waitFor(async () => (await store.blobs.unused(Date.now() + 1_000, 10)).length === 0, {
    what: "the sweep",
  });
  const hash = createHash("sha256").update("abc").digest("hex");
  expect(await refusalOf(blobs.read(hash))).toMatchObject({ status: 500 });
});

test("a part id that is unknown or named twice is refused where it stands", async () => {
  const { complete, part } = await openUploadWorld(3);
  const id = await part("abc");
  expect(await refusalOf(complete([id, id]))).toMatchObject({ status: 422, param: "part_ids[1]" });
  expect(await refusalOf(complete([id, "part_x"]))).toMatchObject({ status: 422, param: "part_ids[1]" });
  expect((await complete([id])).status).toBe("completed");
});

test("a length other than announced, or another md5, is refused and may be mended", async () => {
  const { complete, part } = await openUploadWorld(6);
  const first = await part("abc");
  expect(await refusalOf(complete([first]))).toMatchObject({ status: 422, param: "part_ids" });
  const second = await part("def");
  expect(await refusalOf(complete([first, second], "0".repeat(32)))).toMatchObject({
    status: 422,
    param: "md5",
  });
  expect((await complete([first, second])).file?.bytes).toBe(6);
});

test("parts beyond the announced length, or too long by themselves, are a 413", async () => {
  const { part, upload, uploads, tenant } = await openUploadWorld(6, { maxPartBytes: 5 });
  await part("abc");
  await part("def");
  await part("def");
  await part("def");
  expect(await refusalOf(part("d"))).toMatchObject({ status: 413 });
  expect(await refusalOf(part("123456"))).toMatchObject({ status: 413 });
  const huge = { ...upload, bytes: 9 * 1024 ** 3, mime_type: "text/plain" };
  expect(await refusalOf(uploads.create(tenant, huge))).toMatchObject({ status: 413, param: "bytes" });
});

test("a cancelled upload takes nothing more, and cancelling it again shows it", async () => {
  const { part, complete, upload, uploads, tenant, store } = await openUploadWorld(3);
  const id = await part("abc");
  expect((await uploads.cancel(tenant, upload.id)).status).toBe("cancelled");
  expect((await uploads.cancel(tenant, upload.id)).status).toBe("cancelled");
  expect(await refusalOf(part("x"))).toMatchObject({ status: 400, param: "upload_id" });
  expect(await refusalOf(complete([id]))).toMatchObject({ status: 400 });
  await waitFor(async () => (await store.blobs.unused(Date.now() + 1_000, 10)).length === 0, {
    what: "the sweep",
  });
});

test("an upload is completed once, and shown as often as that is asked for again", async () => {
  const { part, complete, knowledge, tenant, blobs } = await openUploadWorld(3);
  const id = await part("abc");
  const receive = vi.spyOn(blobs, "receive");
  const [first, ...others] = await Promise.all([complete([id]), complete([id]), complete([id])]);
  expect(first).toMatchObject({ status: "completed", file: { bytes: 3 } });
  expect(others).toEqual([first, first]);
  expect(await complete(["part_of_another_call"])).toEqual(first);
  expect(receive).toHaveBeenCalledTimes(1);
  expect((await knowledge.files.list(tenant, { limit: 9, order: "asc" })).data).toEqual([first?.file]);
  await knowledge.files.delete(tenant, first?.file?.id ?? "");
  expect(await refusalOf(complete([id]))).toMatchObject({ status: 404 });
});

test("uploads are completed side by side", async () => {
  const { part, complete, uploads, tenant, blobs } = await openUploadWorld(3);
  const other = await uploads.create(tenant, {
    bytes: 3,
    filename: "b.txt",
    mime_type: "text/plain",
    purpose: "assistants",
  });
  const source = ReadableStream.from([new TextEncoder().encode("def")]);
  const otherPart = await uploads.addPart(tenant, other.id, source);
  const id = await part("abc");
  const held = Promise.withResolvers<void>();
  const receive = blobs.receive.bind(blobs);
  vi.spyOn(blobs, "receive").mockImplementationOnce(async (...args) => {
    await held.promise;
    return receive(...args);
  });
  const first = complete([id]);
  expect((await uploads.complete(tenant, other.id, { part_ids: [otherPart.id] })).status).toBe("completed");
  held.resolve();
  expect((await first).status).toBe("completed");
});

test("a client that leaves while its upload is completed leaves it as it was", async () => {
  const { part, complete, upload, uploads, tenant, blobs } = await openUploadWorld(3);
  const id = await part("abc");
  const receive = blobs.receive.bind(blobs);
  const client = new AbortController();
  const gone = new Error("the client has left");
  vi.spyOn(blobs, "receive").mockImplementationOnce((...args) => {
    client.abort(gone);
    return receive(...args);
  });
  await expect(uploads.complete(tenant, upload.id, { part_ids: [id] }, client.signal)).rejects.toBe(gone);
  expect((await complete([id])).status).toBe("completed");
});

test("a completed upload can be neither changed nor cancelled", async () => {
  const { part, complete, upload, uploads, tenant } = await openUploadWorld(3);
  await complete([await part("abc")]);
  expect(await refusalOf(part("x"))).toMatchObject({ status: 400 });
  expect(await refusalOf(uploads.cancel(tenant, upload.id))).toMatchObject({ status: 400 });
});

test("an upload that has expired takes nothing more and is ended by the sweep", async () => {
  const { part, complete, upload, uploads, tenant, pass, store, knowledge } = await openUploadWorld(3, {
    uploadLifetimeSeconds: 100,
  });
  const id = await part("abc");
  pass(100);
  const refused = await refusalOf(complete([id]));
  expect(refused).toMatchObject({ status: 400, message: expect.stringContaining("is expired") });
  expect(await refusalOf(part("x"))).toMatchObject({ status: 400 });
  expect(await refusalOf(uploads.cancel(tenant, upload.id))).toMatchObject({ status: 400 });
  await knowledge.start();
  await waitFor(async () => (await store.uploads.get(tenant, upload.id))?.upload.status === "expired", {
    what: "the sweep",
  });
});

test("an unknown or foreign upload is a 404", async () => {
  const { uploads, upload } = await openUploadWorld(3);
  expect(await refusalOf(uploads.cancel("other", upload.id))).toMatchObject({
    status: 404,
    param: "upload_id",
  });
});

test("a quota holds for what is announced, for parts and for files beside them", async () => {
  const { uploads, upload, part, complete, addFile, tenant } = await openUploadWorld(6, {
    quota: { files: undefined, bytes: 9 },
  });
  const full = { status: 413, code: "quota_exceeded" };
  const another = { bytes: 4, filename: "b", mime_type: "text/plain", purpose: "assistants" } as const;
  expect(await refusalOf(uploads.create(tenant, another))).toMatchObject(full);
  const ids = [await part("abc")];
  expect(await refusalOf(addFile("1234567"))).toMatchObject(full);
  await addFile("12345");
  expect(await refusalOf(part("de"))).toMatchObject({
    ...full,
    message: expect.stringContaining("uploads that are pending count"),
  });
  ids.push(await part("d"));
  expect(await refusalOf(complete(ids))).toMatchObject({ status: 422 });
  await uploads.cancel(tenant, upload.id);
  expect((await uploads.create(tenant, another)).status).toBe("pending");
});

test("a tenant may have so many pending uploads; with one more it is told what to do", async () => {
  const { uploads, upload, tenant } = await openUploadWorld(3, { maxPendingUploads: 2 });
  const another = { bytes: 3, filename: "b", mime_type: "text/plain", purpose: "assistants" } as const;
  await uploads.create(tenant, another);
  expect(await refusalOf(uploads.create(tenant, another))).toEqual({
    status: 413,
    code: "quota_exceeded",
    param: null,
    message: "Too many uploads are pending. Complete or cancel some before another one is created.",
  });
  await uploads.cancel(tenant, upload.id);
  expect((await uploads.create(tenant, another)).status).toBe("pending");
});
