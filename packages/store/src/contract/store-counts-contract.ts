import { newId } from "@gateway/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { documentOf, noQuota, sampleFile, sampleStoreFile, sampleVectorStore } from "./sample-files.ts";
import { KnowledgeModel, type ModelBatch, type ModelStore, recount } from "./store-counts-model.ts";

/** A step of a random history; numbers pick one of what there is. */
const step = fc.oneof(
  fc.record({ do: fc.constant("addFile" as const), bytes: fc.integer({ min: 0, max: 99 }) }),
  fc.record({ do: fc.constant("createStore" as const), files: fc.array(fc.nat(), { maxLength: 3 }) }),
  fc.record({
    do: fc.constant("attach" as const),
    store: fc.nat(),
    files: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
    batch: fc.boolean(),
  }),
  fc.record({
    do: fc.constantFrom("complete" as const, "fail" as const, "complete" as const, "detach" as const),
    store: fc.nat(),
    file: fc.nat(),
  }),
  fc.record({ do: fc.constant("ingestAgain" as const), store: fc.nat(), file: fc.nat() }),
  fc.record({ do: fc.constant("cancel" as const), store: fc.nat(), batch: fc.nat() }),
  fc.record({ do: fc.constantFrom("deleteFile" as const, "deleteStore" as const), which: fc.nat() }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** That all counts are what counting anew would give, after any history. `open` gives a new, empty store. */
export function storeCountsContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} counts`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("files, bytes, states of stores and batches, and queued work exactly, after any history", async () => {
      let tenants = 0;
      const histories = fc.array(step, { minLength: 10, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(histories, async (steps) => {
          const tenant = `tenant ${++tenants}`;
          const model = new KnowledgeModel();
          for (const each of steps) await take(store, tenant, model, each);
          await expectSame(store, tenant, model);
        }),
        { numRuns: 25 },
      );
    });
  });
}

function pick<T>(all: readonly T[], number: number): T | undefined {
  return all[number % Math.max(all.length, 1)];
}

async function documentsOf(
  store: Store,
  tenant: string,
  storeId: string,
  fileIds: readonly string[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const id of fileIds) found.set(id, await documentOf(store, tenant, storeId, id));
  return found;
}

/** Takes a step in the store and in the model, and compares what the store says to it. */
async function take(store: Store, tenant: string, model: KnowledgeModel, each: Step): Promise<void> {
  const allFiles = [...model.files.keys()];
  const filesAt = (places: readonly number[]): string[] =>
    allFiles.length === 0 ? [] : [...new Set(places.map((place) => pick(allFiles, place) as string))];
  switch (each.do) {
    case "addFile": {
      const record = sampleFile({ bytes: each.bytes });
      await store.files.add(tenant, record, noQuota);
      model.files.set(record.file.id, each.bytes);
      return;
    }
    case "deleteFile": {
      const fileId = pick(allFiles, each.which);
      expect(await store.files.delete(tenant, fileId ?? "file-none")).toBe(fileId !== undefined);
      if (fileId) model.deleteFile(fileId);
      return;
    }
    case "createStore": {
      const created = sampleVectorStore();
      const fileIds = filesAt(each.files);
      await store.vectorStores.create(
        tenant,
        created,
        fileIds.map((id) => sampleStoreFile(id)),
      );
      const added: ModelStore = { id: created.id, files: new Map(), batches: [] };
      model.stores.push(added);
      model.attach(added, await documentsOf(store, tenant, created.id, fileIds), undefined);
      return;
    }
    case "deleteStore": {
      const deleted = pick(model.stores, each.which);
      expect(await store.vectorStores.delete(tenant, deleted?.id ?? "vs_none")).toBe(deleted !== undefined);
      model.stores = model.stores.filter((other) => other !== deleted);
      return;
    }
    default:
      return takeInStore(store, tenant, model, each, filesAt);
  }
}

async function takeInStore(
  store: Store,
  tenant: string,
  model: KnowledgeModel,
  each: Extract<Step, { store: number }>,
  filesAt: (places: readonly number[]) => string[],
): Promise<void> {
  const at = pick(model.stores, each.store);
  if (at === undefined) return;
  if (each.do === "attach") {
    const fileIds = filesAt(each.files);
    const batch: ModelBatch | undefined = each.batch ? { id: newId("vsfb"), statuses: new Map() } : undefined;
    const given = fileIds.map((id) => sampleStoreFile(id));
    await store.vectorStores.attach(tenant, at.id, given, 1000, batch && { id: batch.id });
    model.attach(at, await documentsOf(store, tenant, at.id, fileIds), batch);
    return;
  }
  if (each.do === "cancel") {
    const batch = pick(at.batches, each.batch);
    if (batch === undefined) return;
    await store.vectorStores.cancelBatch(tenant, at.id, batch.id);
    model.cancel(batch);
    return;
  }
  const [fileId, file] = pick([...at.files], each.file) ?? [];
  if (fileId === undefined || file === undefined) return;
  const { document, status } = file;
  if (each.do === "detach") {
    expect(await store.vectorStores.detach(tenant, at.id, fileId)).toBe(true);
    model.detach(at, fileId);
  } else if (each.do === "ingestAgain") {
    await store.vectorStores.ingestAgain([document]);
    if (status === "completed") model.end(at, fileId, "in_progress", 0);
  } else {
    const isOpen = status === "in_progress";
    const [ended, usageBytes] =
      each.do === "complete" ? ["completed" as const, document + 7] : ["failed" as const, 0];
    const outcome =
      ended === "completed"
        ? { status: ended, usageBytes }
        : { status: ended, error: { code: "server_error" as const, message: "no" } };
    expect(await store.vectorStores.settle(document, outcome)).toBe(isOpen);
    // Whoever settles a document has taken its job.
    if (isOpen) {
      model.end(at, fileId, ended, usageBytes);
      await finishIngestion(store, document);
    }
  }
}

/** Takes the job of a document out of the queue and leaves the others as they are. */
async function finishIngestion(store: Store, document: number): Promise<void> {
  for (const job of await store.jobs.claim("ingest", 1000, 0)) {
    if (job.subject === String(document)) await store.jobs.finish(job.id);
  }
  await store.jobs.releaseAll();
}

async function expectSame(store: Store, tenant: string, model: KnowledgeModel): Promise<void> {
  for (const each of model.stores) {
    const files = [...each.files.values()];
    const object = await store.vectorStores.get(tenant, each.id, 1000);
    expect(object?.file_counts).toEqual(recount(files.map(({ status }) => status)));
    expect(object?.usage_bytes).toBe(files.reduce((sum, { usageBytes }) => sum + usageBytes, 0));
    const listed = await store.vectorStores.listFiles(tenant, each.id, { limit: 100, order: "asc" });
    expect(listed?.data.map(({ id }) => id)).toEqual([...each.files.keys()]);
    for (const batch of each.batches) {
      const counted = recount(batch.statuses.values());
      expect((await store.vectorStores.getBatch(tenant, each.id, batch.id))?.file_counts).toEqual(counted);
    }
  }
  const queued = (await store.jobs.claim("ingest", 1000, 0)).filter((job) => job.tenant === tenant);
  expect(queued.map(({ subject }) => Number(subject)).sort((a, b) => a - b)).toEqual(model.inProgress);

  const files = model.files.size;
  const bytes = [...model.files.values()].reduce((sum, each) => sum + each, 0);
  const one = () => sampleFile({ bytes: 1 });
  expect(await store.files.add(tenant, one(), { files, bytes: undefined })).toBe("files_quota");
  expect(await store.files.add(tenant, one(), { files: files + 1, bytes })).toBe("bytes_quota");
  expect(await store.files.add(tenant, one(), { files: files + 1, bytes: bytes + 1 })).toBe("added");
}
