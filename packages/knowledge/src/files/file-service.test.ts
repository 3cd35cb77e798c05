import { text } from "node:stream/consumers";
import { waitFor } from "@gateway/testkit";
import { expect, test, vi } from "vitest";
import { type KnowledgeWorld, openWorld } from "../testing/knowledge-world.ts";
import { refusalOf } from "../testing/refusal-of.ts";

const list = { limit: 100, order: "asc" } as const;

/** Where a file's content is. */
async function hashOf({ store, tenant }: KnowledgeWorld, id: string): Promise<string> {
  return (await store.files.get(tenant, id))?.hash ?? "";
}

/** Whether the blob store has nothing under the hash. */
async function isGone({ blobs }: KnowledgeWorld, hash: string): Promise<boolean> {
  const body = await blobs.read(hash).catch(() => undefined);
  await body?.cancel();
  return body === undefined;
}

test("a file is found with its name, size and content as it came", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const file = await addFile("Grüße", "読んで.txt");
  expect(file).toEqual({
    id: expect.stringMatching(/^file-[0-9a-f]{32}$/),
    object: "file",
    bytes: 7,
    created_at: expect.any(Number),
    expires_at: null,
    filename: "読んで.txt",
    purpose: "assistants",
    status: "processed",
    status_details: null,
  });
  expect(await knowledge.files.get(tenant, file.id)).toEqual(file);
  const content = await knowledge.files.content(tenant, file.id);
  expect(await text(content.body)).toBe("Grüße");
  expect(content.hash).toMatch(/^[0-9a-f]{64}$/);
});

test("a span of the content is chosen by its length", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const file = await addFile("0123456789");
  const content = await knowledge.files.content(tenant, file.id, (bytes) => ({
    start: bytes - 3,
    end: bytes - 1,
  }));
  expect(await text(content.body)).toBe("789");
  expect(content.range).toEqual({ start: 7, end: 9 });
});

test("another tenant's file is not found", async () => {
  const { knowledge, addFile } = await openWorld();
  const file = await addFile("mine");
  const refused = { status: 404, param: "file_id", code: null, message: `No such File object: ${file.id}` };
  expect(await refusalOf(knowledge.files.get("other", file.id))).toEqual(refused);
  expect(await refusalOf(knowledge.files.content("other", file.id))).toEqual(refused);
  expect(await refusalOf(knowledge.files.delete("other", file.id))).toEqual(refused);
  expect((await knowledge.files.list("other", list)).data).toEqual([]);
});

test("a file is gone as soon as it has expired, and swept later", async () => {
  const { knowledge, addFile, tenant, pass, store } = await openWorld({ settings: { sweepIntervalMs: 20 } });
  const file = await addFile("for an hour", "note.txt", 3_600);
  expect(file.expires_at).toBe(file.created_at + 3_600);
  pass(3_600);
  expect(await refusalOf(knowledge.files.get(tenant, file.id))).toMatchObject({ status: 404 });
  expect((await knowledge.files.list(tenant, list)).data).toEqual([]);
  expect(await store.files.get(tenant, file.id)).toBeDefined();
  await knowledge.start();
  await waitFor(async () => (await store.files.get(tenant, file.id)) === undefined, { what: "the sweep" });
});

test("a list goes on after a file and refuses one that it does not have", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const first = await addFile("1");
  const second = await addFile("2");
  expect((await knowledge.files.list(tenant, { ...list, after: first.id })).data).toEqual([second]);
  expect(await refusalOf(knowledge.files.list(tenant, { ...list, after: "file-x" }))).toMatchObject({
    status: 404,
    param: "after",
  });
});

test("content that is too long is refused before it is read to the end", async () => {
  const { knowledge } = await openWorld({ settings: { maxFileBytes: 100 } });
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      pieces++;
      yield new Uint8Array(64);
    }
  }
  expect(await refusalOf(knowledge.files.receive(endless()))).toMatchObject({ status: 413 });
  expect(pieces).toBeLessThan(10);
});

test("a file beyond the quota is refused and its content removed", async () => {
  const world = await openWorld({ settings: { quota: { files: 1, bytes: undefined } } });
  const { addFile, blobs, store, knowledge, tenant } = world;
  const kept = await addFile("first");
  expect(await refusalOf(addFile("second"))).toMatchObject({ status: 413, code: "quota_exceeded" });
  await waitFor(async () => (await store.blobs.unused(Date.now() + 1_000, 10)).length === 0, {
    what: "the sweep",
  });
  expect((await knowledge.files.list(tenant, list)).data).toEqual([kept]);
  const hash = await hashOf(world, kept.id);
  expect(await text(await blobs.read(hash))).toBe("first");
});

test("content goes from the disk soon after the last file with it is deleted, not before", async () => {
  const world = await openWorld();
  const { knowledge, addFile, tenant } = world;
  const [one, other] = [await addFile("shared"), await addFile("shared")];
  const hash = await hashOf(world, one.id);
  await knowledge.files.delete(tenant, one.id);
  expect(await text((await knowledge.files.content(tenant, other.id)).body)).toBe("shared");
  await knowledge.files.delete(tenant, other.id);
  await waitFor(() => isGone(world, hash), { what: "the content to go" });
  expect(await refusalOf(knowledge.files.delete(tenant, other.id))).toMatchObject({ status: 404 });
});

test("the same content coming and going at once is never lost", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  for (let round = 0; round < 15; round++) {
    const file = await addFile("contended");
    const [again] = await Promise.all([
      addFile("contended"),
      knowledge.files.delete(tenant, file.id),
      addFile("something else").then((extra) => knowledge.files.delete(tenant, extra.id)),
    ]);
    expect(await text((await knowledge.files.content(tenant, again.id)).body)).toBe("contended");
    await knowledge.files.delete(tenant, again.id);
  }
});

test("what a process that ended left between receiving and adding is removed at the next start", async () => {
  const world = await openWorld();
  const { knowledge, store } = world;
  const content = await knowledge.files.receive(ReadableStream.from([new Uint8Array([1, 2, 3])]));
  await store.blobs.announce(content.hash, content.bytes);
  await content.keep();
  await knowledge.start();
  await waitFor(() => isGone(world, content.hash), { what: "the sweep" });
  expect(await store.blobs.unused(Date.now() + 1_000, 10)).toEqual([]);
});

test("content that cannot be removed stays known and is removed by a later sweep", async () => {
  const world = await openWorld();
  const { knowledge, addFile, blobs, tenant, faults, store } = world;
  const file = await addFile("stubborn");
  const hash = await hashOf(world, file.id);
  vi.spyOn(blobs, "delete").mockRejectedValueOnce(new Error("disk trouble"));
  await knowledge.files.delete(tenant, file.id);
  await waitFor(() => faults.length > 0, { what: "the fault" });
  expect(await store.blobs.unused(Date.now() + 1_000, 10)).toEqual([hash]);
  const another = await addFile("another");
  await knowledge.files.delete(tenant, another.id);
  await waitFor(() => isGone(world, hash), { what: "the next sweep" });
});

test("content whose place cannot be noted is discarded", async () => {
  const { knowledge, store, tenant } = await openWorld();
  const content = await knowledge.files.receive(ReadableStream.from([new Uint8Array([1])]));
  const discard = vi.spyOn(content, "discard");
  vi.spyOn(store.blobs, "announce").mockRejectedValueOnce(new Error("disk full"));
  const created = knowledge.files.create(tenant, { filename: "a", purpose: "assistants" }, content);
  await expect(created).rejects.toThrow("disk full");
  expect(discard).toHaveBeenCalledOnce();
});
