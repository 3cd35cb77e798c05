import { waitFor } from "@gateway/testkit";
import { expect, onTestFinished, test, vi } from "vitest";
import { openWorld } from "./testing/knowledge-world.ts";

test("expired files go and files are taken in later, although the index cannot be opened at the start", async () => {
  const { knowledge, addFile, tenant, settled, index, store, pass, faults } = await openWorld();
  const documents = vi.spyOn(index, "documents").mockRejectedValue(new Error("disk full"));
  const expiring = await addFile("old", "old.txt", 3_600);
  const file = await addFile("otters");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  pass(3_600);
  await knowledge.start();
  expect(faults[0]?.message).toMatch(/cannot be compared .*tried again/);
  await waitFor(async () => !(await store.files.get(tenant, expiring.id)), { what: "the sweep" });
  expect((await knowledge.stores.getFile(tenant, id, file.id)).status).toBe("in_progress");
  documents.mockRestore();
  expect((await settled(id, file.id)).status).toBe("completed");
});

test("the start leaves the jobs alone that others have begun", async () => {
  const { knowledge, store } = await openWorld();
  await store.jobs.enqueue([{ kind: "respond", tenant: "acme", subject: "resp_1" }]);
  await store.jobs.claim("respond", 1, 0);
  await knowledge.start();
  expect(await store.jobs.nextAt("respond")).toBeUndefined();
});

test("closing while the start is under way leaves no timer and begins no work", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { knowledge, addFile, tenant, index, extractor, faults } = await openWorld();
  const file = await addFile("otters");
  await knowledge.stores.create(tenant, { file_ids: [file.id] });
  const held = Promise.withResolvers<number[]>();
  const documents = vi.spyOn(index, "documents").mockReturnValueOnce(held.promise);
  const started = knowledge.start();
  await waitFor(() => documents.mock.calls.length > 0, { what: "the comparison" });
  const closed = knowledge.close();
  held.resolve([]);
  await Promise.all([started, closed]);
  expect(vi.getTimerCount()).toBe(0);
  await knowledge.start();
  expect(vi.getTimerCount()).toBe(0);
  expect(extractor.calls).toEqual([]);
  expect(faults).toEqual([]);
});

test("what the index loses while the service runs is taken in again", async () => {
  const { knowledge, addFile, tenant, settled, index, faults } = await openWorld();
  await knowledge.start();
  const files = [await addFile("otters swim"), await addFile("hares run")];
  const { id } = await knowledge.stores.create(tenant, { file_ids: files.map((file) => file.id) });
  for (const file of files) await settled(id, file.id);
  index.stored.clear();
  knowledge.indexRenewed();
  await waitFor(() => [...index.stored.values()].filter(({ sealed }) => sealed).length === 2, {
    what: "both documents",
  });
  for (const file of files) expect((await settled(id, file.id)).status).toBe("completed");
  expect(faults.map(({ message }) => message)).toEqual([
    "the search index had lost 2 documents; they are taken in again",
  ]);
});

test("a document that was sealed in the index that is lost, and not settled yet, is taken in again", async () => {
  const { knowledge, addFile, tenant, settled, index } = await openWorld();
  await knowledge.start();
  const sealed = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const seal = index.seal.bind(index);
  vi.spyOn(index, "seal").mockImplementationOnce(async (document) => {
    const bytes = await seal(document);
    sealed.resolve();
    await held.promise;
    return bytes;
  });
  const file = await addFile("otters swim");
  const { id } = await knowledge.stores.create(tenant, { file_ids: [file.id] });
  await sealed.promise;
  index.stored.clear();
  knowledge.indexRenewed();
  held.resolve();
  expect((await settled(id, file.id)).status).toBe("completed");
  expect([...index.stored.values()].map((document) => document.sealed)).toEqual([true]);
});
