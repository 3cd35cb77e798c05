import { ApiError } from "@gateway/protocol";
import { waitFor } from "@gateway/testkit";
import { expect, test, vi } from "vitest";
import { openWorld } from "../testing/knowledge-world.ts";

const page = { limit: 100, order: "asc" } as const;
const nobody = new AbortController().signal;

/** A text of many chunks of a hundred tokens. */
const longText = Array.from({ length: 400 }, (_, n) => `Sentence ${n} is about thing ${n * 7}.`).join(" ");
const small = {
  type: "static" as const,
  static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 },
};

test("a file is cut, embedded in batches and found as a whole", async () => {
  const { knowledge, addFile, tenant, settled, embedder, index } = await openWorld();
  await knowledge.start();
  const file = await addFile(longText);
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id], chunking_strategy: small });
  const { status, usage_bytes } = await settled(id, file.id);
  expect(status).toBe("completed");
  const [document] = [...index.stored.values()];
  expect(document).toMatchObject({ sealed: true, model: "letters", attributes: {} });
  expect(document?.chunks.length).toBeGreaterThan(30);
  const bytes = document?.chunks.reduce((sum, { text, vector }) => sum + text.length + vector.byteLength, 0);
  expect(usage_bytes).toBe(bytes);
  expect(embedder.batches.every(({ texts, kind }) => texts.length <= 4 && kind === "document")).toBe(true);
  expect(embedder.batches.flatMap(({ texts }) => texts)).toEqual(document?.chunks.map(({ text }) => text));
  expect(await knowledge.stores.fileText(tenant, id, file.id)).toBe(longText);
});

test.each([
  ["picture.bin", { code: "unsupported_file", message: "This format is not known." }],
  ["report.bad", { code: "invalid_file", message: "The file is broken." }],
])("a file without text fails at once with what the extractor says: %s", async (filename, error) => {
  const { knowledge, addFile, tenant, settled, extractor, index } = await openWorld();
  await knowledge.start();
  const file = await addFile("x", filename);
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  expect(await settled(id, file.id)).toMatchObject({ status: "failed", last_error: error });
  expect(extractor.calls).toHaveLength(1);
  expect(index.stored.size).toBe(0);
});

test("a failure of the embedder is tried again until it works", async () => {
  const { knowledge, addFile, tenant, settled, embedder, faults } = await openWorld();
  embedder.trouble = new Error("the model is being loaded");
  await knowledge.start();
  const file = await addFile("text");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  await waitFor(() => faults.length > 0, { what: "the first attempt to fail" });
  embedder.trouble = undefined;
  expect((await knowledge.stores.getFile(tenant, id, file.id)).status).toBe("in_progress");
  expect((await settled(id, file.id)).status).toBe("completed");
});

test("a file whose last attempt fails says why, as far as a client may know", async () => {
  const { knowledge, addFile, tenant, settled, embedder, store } = await openWorld();
  const [told, untold] = [await addFile("one"), await addFile("two")];
  const { id } = await knowledge.stores.create(tenant, {});
  await knowledge.start();
  vi.spyOn(embedder, "embed").mockImplementation(async ([text = ""]) => {
    if (text === "two") throw new Error("secret detail");
    throw new ApiError("The embedding model cannot be reached.", { status: 500, type: "server_error" });
  });
  // The last attempt at once.
  const claim = store.jobs.claim.bind(store.jobs);
  vi.spyOn(store.jobs, "claim").mockImplementation(async (...args) =>
    (await claim(...args)).map((job) => ({ ...job, attempt: 7 })),
  );
  await knowledge.stores.createBatch(tenant, id, { file_ids: [told.id, untold.id] });
  expect((await settled(id, told.id)).last_error).toEqual({
    code: "server_error",
    message: "The embedding model cannot be reached.",
  });
  expect((await settled(id, untold.id)).last_error).toEqual({
    code: "server_error",
    message: "The server had an error while it took in the file.",
  });
});

test("a file of which the model refuses a text fails at once with what it says", async () => {
  const { knowledge, addFile, tenant, settled, embedder, index, faults } = await openWorld();
  const message = "The embedding server 'srv' refused text 1 of 1, which has 4 characters (status 400): no.";
  embedder.trouble = new ApiError(message, { status: 500, type: "server_error", code: "embedding_refused" });
  await knowledge.start();
  const file = await addFile("text");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  expect((await settled(id, file.id)).last_error).toEqual({ code: "invalid_file", message });
  expect(embedder.batches).toHaveLength(1);
  expect(index.stored.size).toBe(0);
  expect(faults).toEqual([]);
});

test("a file that ends the process each time it is taken in fails, and is not begun again", async () => {
  const { knowledge, addFile, tenant, settled, extractor, store } = await openWorld();
  const file = await addFile("deadly");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  for (let start = 0; start < 7; start++) {
    await store.jobs.claim("ingest", 9, 0);
    await store.jobs.releaseAll();
  }
  await knowledge.start();
  expect(await settled(id, file.id)).toMatchObject({
    status: "failed",
    last_error: { code: "server_error", message: "The server had an error while it took in the file." },
  });
  expect(extractor.calls).toEqual([]);
});

test("a file taken out while it is embedded is stopped at once and leaves nothing", async () => {
  const { knowledge, addFile, tenant, embedder, index, faults } = await openWorld();
  const held = Promise.withResolvers<void>();
  embedder.hold = held.promise;
  await knowledge.start();
  const file = await addFile(longText);
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id], chunking_strategy: small });
  const batch = await waitFor(() => embedder.batches[0], { what: "the first batch" });
  await knowledge.stores.detach(tenant, id, file.id);
  await waitFor(() => batch.signal.aborted, { what: "the abort" });
  held.resolve();
  await waitFor(() => index.stored.size === 0, { what: "the index to be empty" });
  expect(embedder.batches.length).toBeLessThan(3);
  expect(faults).toEqual([]);
});

test.each(["file", "store", "batch"] as const)(
  "work ends when the %s that it is for is deleted or cancelled",
  async (what) => {
    const { knowledge, addFile, tenant, extractor, index, faults, store } = await openWorld();
    extractor.hold = new Promise(() => {});
    const finish = vi.spyOn(store.jobs, "finish");
    await knowledge.start();
    const file = await addFile("text");
    const { id } = await knowledge.stores.create(tenant, {});
    const batch = await knowledge.stores.createBatch(tenant, id, { file_ids: [file.id] });
    const call = await waitFor(() => extractor.calls[0], { what: "the extraction" });
    if (what === "file") await knowledge.files.delete(tenant, file.id);
    if (what === "store") await knowledge.stores.delete(tenant, id);
    if (what === "batch") {
      expect(await knowledge.stores.cancelBatch(tenant, id, batch.id)).toMatchObject({
        status: "cancelled",
        file_counts: { cancelled: 1 },
      });
      expect((await knowledge.stores.getFile(tenant, id, file.id)).status).toBe("cancelled");
    }
    await waitFor(() => call.signal.aborted, { what: "the abort" });
    await waitFor(() => finish.mock.calls.length > 0, { what: "the job to end" });
    expect(index.stored.size).toBe(0);
    expect(faults).toEqual([]);
  },
);

test("a deleted file goes from the index and from every search", async () => {
  const { knowledge, addFile, tenant, settled, index } = await openWorld();
  await knowledge.start();
  const file = await addFile("otters swim");
  const stores = [
    await knowledge.stores.create(tenant, { file_ids: [file.id] }),
    await knowledge.stores.create(tenant, { file_ids: [file.id] }),
  ];
  for (const { id } of stores) await settled(id, file.id);
  await knowledge.files.delete(tenant, file.id);
  for (const { id } of stores) {
    expect(await knowledge.stores.search(tenant, id, { query: "otters" }, nobody)).toEqual([]);
    expect((await knowledge.stores.listFiles(tenant, id, page)).data).toEqual([]);
  }
  await waitFor(() => index.stored.size === 0, { what: "the index to be empty" });
});

test("a file that is put into a store again is taken in anew, once", async () => {
  const { knowledge, addFile, tenant, settled, index } = await openWorld();
  await knowledge.start();
  const file = await addFile(longText);
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  await settled(id, file.id);
  await knowledge.stores.attach(tenant, id, { file_id: file.id, chunking_strategy: small });
  expect((await settled(id, file.id)).chunking_strategy.static).toEqual(small.static);
  await waitFor(() => index.stored.size === 1, { what: "the former document to go" });
  expect((await knowledge.stores.get(tenant, id)).file_counts).toMatchObject({ completed: 1, total: 1 });
});

test("attributes that are changed while a file is taken in are those it has in the end", async () => {
  const { knowledge, addFile, tenant, settled, embedder, index } = await openWorld();
  const held = Promise.withResolvers<void>();
  embedder.hold = held.promise;
  await knowledge.start();
  const file = await addFile("text");
  const { id } = await knowledge.stores.create(tenant, {});
  await knowledge.stores.attach(tenant, id, { file_id: file.id, attributes: { year: 1 } });
  await waitFor(() => embedder.batches[0], { what: "the first batch" });
  await knowledge.stores.setAttributes(tenant, id, file.id, { attributes: { year: 2 } });
  held.resolve();
  expect((await settled(id, file.id)).attributes).toEqual({ year: 2 });
  await waitFor(() => [...index.stored.values()][0]?.attributes.year === 2, { what: "the attributes" });
  await knowledge.stores.setAttributes(tenant, id, file.id, { attributes: null });
  await waitFor(() => [...index.stored.values()][0]?.attributes.year === undefined, {
    what: "their removal",
  });
});

test("one file is read while another is embedded", async () => {
  const { knowledge, addFile, tenant, settled, embedder, extractor } = await openWorld();
  const held = Promise.withResolvers<void>();
  embedder.hold = held.promise;
  await knowledge.start();
  const files = [await addFile("one"), await addFile("two")];
  const { id } = await knowledge.stores.create(tenant, { file_ids: files.map((file) => file.id) });
  await waitFor(() => embedder.batches.length === 2 && extractor.calls.length === 2, {
    what: "both at work",
  });
  held.resolve();
  for (const file of files) expect((await settled(id, file.id)).status).toBe("completed");
});
