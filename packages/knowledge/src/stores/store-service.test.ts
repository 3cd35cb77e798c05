import { expect, test, vi } from "vitest";
import { openWorld } from "../testing/knowledge-world.ts";
import { refusalOf } from "../testing/refusal-of.ts";

const page = { limit: 20, order: "asc" } as const;
const nobody = new AbortController().signal;

test("a store is made with its files and has taken them in a moment later", async () => {
  const { knowledge, addFile, tenant, settled } = await openWorld();
  await knowledge.start();
  const file = await addFile("Some text about otters.");
  const store = await knowledge.stores.create(tenant, {
    name: "animals",
    file_ids: [file.id, file.id],
    metadata: { a: "b" },
    expires_after: { anchor: "last_active_at", days: 7, surplus: 1 },
  });
  expect(store).toMatchObject({
    id: expect.stringMatching(/^vs_/),
    name: "animals",
    metadata: { a: "b" },
    expires_after: { anchor: "last_active_at", days: 7 },
    file_counts: { total: 1 },
  });
  expect(await settled(store.id, file.id)).toMatchObject({
    id: file.id,
    status: "completed",
    last_error: null,
    attributes: {},
    chunking_strategy: {
      type: "static",
      static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    },
  });
  expect(await knowledge.stores.get(tenant, store.id)).toMatchObject({
    status: "completed",
    file_counts: { completed: 1, total: 1 },
  });
  expect(await knowledge.stores.fileText(tenant, store.id, file.id)).toBe("Some text about otters.");
});

test("file ids that there are not are refused where they stand", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const { stores } = knowledge;
  const { id: good } = await addFile("good");
  const store = await stores.create(tenant, {});
  const refused = (param: string) => ({ status: 404, param, message: "No such File object: file-x" });
  expect(await refusalOf(stores.create(tenant, { file_ids: [good, "file-x"] }))).toMatchObject(
    refused("file_ids[1]"),
  );
  expect(await refusalOf(stores.attach(tenant, store.id, { file_id: "file-x" }))).toMatchObject(
    refused("file_id"),
  );
  expect(await refusalOf(stores.createBatch(tenant, store.id, { file_ids: ["file-x"] }))).toMatchObject(
    refused("file_ids[0]"),
  );
  expect(
    await refusalOf(
      stores.createBatch(tenant, store.id, { files: [{ file_id: good }, { file_id: "file-x" }] }),
    ),
  ).toMatchObject(refused("files[1].file_id"));
  expect((await stores.get(tenant, store.id)).file_counts.total).toBe(0);
});

test("a file that is deleted while it is put into a store is refused where it stands", async () => {
  const { knowledge, addFile, tenant, store } = await openWorld();
  const { stores } = knowledge;
  const vectorStore = await stores.create(tenant, {});
  const find = store.files.find.bind(store.files);
  const deleteAfterCheck = (id: string): void => {
    vi.spyOn(store.files, "find").mockImplementationOnce(async (...args) => {
      const found = await find(...args);
      await store.files.delete(tenant, id);
      return found;
    });
  };
  const { id: kept } = await addFile("kept");
  for (const [param, put] of [
    ["file_ids[1]", (id: string) => stores.create(tenant, { file_ids: [kept, id] })],
    ["file_id", (id: string) => stores.attach(tenant, vectorStore.id, { file_id: id })],
    ["file_ids[0]", (id: string) => stores.createBatch(tenant, vectorStore.id, { file_ids: [id, kept] })],
  ] as const) {
    const { id } = await addFile("gone");
    deleteAfterCheck(id);
    expect(await refusalOf(put(id))).toMatchObject({
      status: 404,
      param,
      message: `No such File object: ${id}`,
    });
  }
  expect((await stores.list(tenant, page)).data).toHaveLength(1);
});

test("an expired file cannot be put into a store", async () => {
  const { knowledge, addFile, tenant, pass } = await openWorld();
  const file = await addFile("brief", "brief.txt", 3_600);
  const store = await knowledge.stores.create(tenant, {});
  pass(3_600);
  expect(await refusalOf(knowledge.stores.attach(tenant, store.id, { file_id: file.id }))).toMatchObject({
    status: 404,
  });
});

test("whatever is asked of a store that there is not is a 404 that names it", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const { stores } = knowledge;
  const file = await addFile("text");
  const calls = [
    stores.get(tenant, "vs_x"),
    stores.update(tenant, "vs_x", { name: "x" }),
    stores.delete(tenant, "vs_x"),
    stores.search(tenant, "vs_x", { query: "x" }, nobody),
    stores.attach(tenant, "vs_x", { file_id: file.id }),
    stores.getFile(tenant, "vs_x", file.id),
    stores.listFiles(tenant, "vs_x", page),
    stores.setAttributes(tenant, "vs_x", file.id, { attributes: {} }),
    stores.detach(tenant, "vs_x", file.id),
    stores.fileText(tenant, "vs_x", file.id),
    stores.createBatch(tenant, "vs_x", { file_ids: [file.id] }),
    stores.getBatch(tenant, "vs_x", "vsfb_x"),
    stores.cancelBatch(tenant, "vs_x", "vsfb_x"),
    stores.listBatchFiles(tenant, "vs_x", "vsfb_x", page),
  ];
  for (const refusal of await Promise.all(calls.map(refusalOf))) {
    expect(refusal).toMatchObject({
      status: 404,
      param: "vector_store_id",
      message: "No such VectorStore object: vs_x",
    });
  }
});

test("a file or batch that the store does not have, and an unknown cursor, are a 404", async () => {
  const { knowledge, addFile, tenant } = await openWorld();
  const { stores } = knowledge;
  const file = await addFile("text");
  const { id } = await stores.create(tenant, {});
  const ofFile = [
    stores.getFile(tenant, id, file.id),
    stores.setAttributes(tenant, id, file.id, { attributes: { a: 1 } }),
    stores.detach(tenant, id, file.id),
    stores.fileText(tenant, id, file.id),
  ];
  for (const refusal of await Promise.all(ofFile.map(refusalOf))) {
    expect(refusal).toMatchObject({ status: 404, param: "file_id" });
  }
  expect(await refusalOf(stores.getBatch(tenant, id, "vsfb_x"))).toMatchObject({
    status: 404,
    param: "batch_id",
  });
  expect(await refusalOf(stores.list(tenant, { ...page, before: "vs_x" }))).toMatchObject({
    status: 404,
    param: "before",
  });
  expect(await refusalOf(stores.listFiles(tenant, id, { ...page, after: "file-x" }))).toMatchObject({
    status: 404,
    param: "after",
  });
});

test("an update changes what it names, and null empties", async () => {
  const { knowledge, tenant } = await openWorld();
  const { stores } = knowledge;
  const { id } = await stores.create(tenant, {
    name: "before",
    metadata: { a: "b" },
    expires_after: { anchor: "last_active_at", days: 1 },
  });
  expect(await stores.update(tenant, id, { metadata: { c: "d" } })).toMatchObject({
    name: "before",
    metadata: { c: "d" },
    expires_after: { anchor: "last_active_at", days: 1 },
  });
  expect(await stores.update(tenant, id, { name: null, metadata: null, expires_after: null })).toMatchObject({
    name: null,
    metadata: {},
    expires_after: null,
    expires_at: null,
  });
});

test("an expired store is shown, takes no files and is not searched, until its expiry is changed", async () => {
  const { knowledge, addFile, tenant, pass } = await openWorld();
  const { stores, search } = knowledge;
  const file = await addFile("text");
  const { id } = await stores.create(tenant, { expires_after: { anchor: "last_active_at", days: 1 } });
  pass(86_401);
  expect((await stores.get(tenant, id)).status).toBe("expired");
  const calls = [
    stores.attach(tenant, id, { file_id: file.id }),
    stores.createBatch(tenant, id, { file_ids: [file.id] }),
    stores.search(tenant, id, { query: "text" }, nobody),
  ];
  for (const refusal of await Promise.all(calls.map(refusalOf))) {
    expect(refusal).toMatchObject({ status: 400, code: "vector_store_expired" });
  }
  expect(await refusalOf(search.check(tenant, [id], "tools[0].vector_store_ids"))).toMatchObject({
    status: 400,
    param: "tools[0].vector_store_ids[0]",
  });
  await stores.update(tenant, id, { expires_after: null });
  expect((await stores.attach(tenant, id, { file_id: file.id })).status).toBe("in_progress");
});

test("files of a batch have their own settings, or the batch's where they have none", async () => {
  const { knowledge, addFile, tenant } = await openWorld({
    settings: { chunking: { max_chunk_size_tokens: 500, chunk_overlap_tokens: 50 } },
  });
  const { stores } = knowledge;
  const [one, two, three] = [await addFile("1"), await addFile("2"), await addFile("3")];
  const { id } = await stores.create(tenant, {});
  const small = { max_chunk_size_tokens: 100, chunk_overlap_tokens: 0 };
  const large = { max_chunk_size_tokens: 4_096, chunk_overlap_tokens: 0 };
  const batch = await stores.createBatch(tenant, id, {
    files: [
      { file_id: one.id, attributes: { own: true }, chunking_strategy: { type: "static", static: small } },
      { file_id: two.id },
      { file_id: three.id, chunking_strategy: { type: "auto" } },
    ],
    attributes: { shared: 1 },
    chunking_strategy: { type: "static", static: large },
  });
  expect(batch).toMatchObject({ status: "in_progress", file_counts: { in_progress: 3, total: 3 } });
  const files = await stores.listBatchFiles(tenant, id, batch.id, page);
  expect(files.data.map((file) => [file.id, file.attributes, file.chunking_strategy.static])).toEqual([
    [one.id, { own: true }, small],
    [two.id, { shared: 1 }, large],
    [three.id, { shared: 1 }, { max_chunk_size_tokens: 500, chunk_overlap_tokens: 50 }],
  ]);
});

test("text is shown only of a file that is completed", async () => {
  const { knowledge, addFile, tenant, settled } = await openWorld();
  const { stores } = knowledge;
  const file = await addFile("x", "picture.bin");
  const { id } = await stores.create(tenant, { file_ids: [file.id] });
  expect(await refusalOf(stores.fileText(tenant, id, file.id))).toMatchObject({
    status: 400,
    message: expect.stringContaining("in_progress"),
  });
  await knowledge.start();
  await settled(id, file.id);
  expect(await refusalOf(stores.fileText(tenant, id, file.id))).toMatchObject({
    status: 400,
    message: expect.stringContaining("This format is not known."),
  });
});
