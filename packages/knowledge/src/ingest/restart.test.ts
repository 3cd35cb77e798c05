import { waitFor } from "@gateway/testkit";
import { expect, test } from "vitest";
import { FakeEmbedder } from "../testing/fake-embedder.ts";
import { openWorld } from "../testing/knowledge-world.ts";

const nobody = new AbortController().signal;

test("what was half done when the service was closed is done after the next start", async () => {
  const { knowledge, addFile, tenant, settled, embedder, reopen, index } = await openWorld();
  embedder.hold = new Promise(() => {});
  await knowledge.start();
  const files = [await addFile("one"), await addFile("two"), await addFile("three")];
  const { id } = await knowledge.stores.create(tenant, { file_ids: files.map((file) => file.id) });
  await waitFor(() => embedder.batches.length === 2, { what: "two files to be embedded" });
  const next = await reopen({ embedder: new FakeEmbedder() });
  expect(index.stored.size).toBe(2);
  await next.start();
  for (const file of files) expect((await settled(id, file.id)).status).toBe("completed");
  expect(index.stored.size).toBe(3);
});

test("documents that the index has lost are taken in again, those that only it has are removed", async () => {
  const { knowledge, addFile, tenant, settled, index, reopen, faults } = await openWorld();
  await knowledge.start();
  const files = [await addFile("one"), await addFile("two"), await addFile("three")];
  const { id } = await knowledge.stores.create(tenant, { file_ids: files.map((file) => file.id) });
  for (const file of files) await settled(id, file.id);
  const documents = [...index.stored.keys()];
  await knowledge.close();
  await index.remove(documents.slice(0, 2));
  await index.begin({ document: 9_999, store: 1, attributes: {}, model: "letters" });
  await index.seal(9_999);

  const next = await reopen();
  await next.start();
  await waitFor(() => documents.every((document) => index.stored.get(document)?.sealed), {
    what: "all documents",
  });
  expect([...index.stored.keys()].sort((a, b) => a - b)).toEqual(documents.sort((a, b) => a - b));
  expect(faults.map(({ message }) => message)).toEqual([
    "the search index had lost 2 documents; they are taken in again",
    "1 documents that no vector store has were removed from the index",
  ]);
});

test("after a change of the model files are found by their text and then embedded anew", async () => {
  const { knowledge, addFile, tenant, settled, reopen, index } = await openWorld();
  await knowledge.start();
  const file = await addFile("otters swim");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  await settled(id, file.id);

  const other = new FakeEmbedder({ model: "letters-2" });
  const held = Promise.withResolvers<void>();
  other.hold = held.promise;
  const next = await reopen({ embedder: other });
  await next.start();
  await waitFor(() => other.batches.length > 0, { what: "the new vectors to be asked for" });
  const search = next.stores.search(tenant, id, { query: "otters" }, nobody);
  held.resolve();
  expect((await search).map((result) => result.file_id)).toEqual([file.id]);
  await waitFor(() => [...index.stored.values()].every(({ model }) => model === "letters-2"), {
    what: "the new vectors",
  });
});
