import { newId, type TwoWayPageQuery } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";
import { addFiles, addVectorStore, documentOf, sampleStoreFile } from "./sample-files.ts";

/** What every implementation of `VectorStores` must do with the files of stores and their ingestion. */
export function storeFilesContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps the files of vector stores`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const completed = { status: "completed" as const, usageBytes: 50 };
    const failed = {
      status: "failed" as const,
      error: { code: "unsupported_file" as const, message: "No text in it." },
    };
    const files = (ids: readonly string[]) => ids.map((id) => sampleStoreFile(id));
    const countsOf = async (storeId: string) =>
      (await store.vectorStores.get("acme", storeId, 1000))?.file_counts;
    const ingestSubjects = async () =>
      (await store.jobs.claim("ingest", 99, 0)).map(({ subject }) => Number(subject));

    test("an attached file is in progress, as it was given, and counts as use of the store", async () => {
      const { storeId } = await addVectorStore(store, "acme", 0);
      const [fileId] = (await addFiles(store, "acme", 1)) as [string];
      const attributes = { 'odd "key"\\': "\u0000ä", n: 1.5, yes: true };
      const given = {
        fileId,
        attributes,
        chunking: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 0 },
      };
      const attached = await store.vectorStores.attach("acme", storeId, [given], 5000);
      const expected = {
        id: fileId,
        object: "vector_store.file",
        created_at: 5000,
        vector_store_id: storeId,
        status: "in_progress",
        last_error: null,
        usage_bytes: 0,
        attributes,
        chunking_strategy: { type: "static", static: given.chunking },
      };
      expect(attached).toEqual([expected]);
      expect(await store.vectorStores.getFile("acme", storeId, fileId)).toEqual(expected);
      expect((await store.vectorStores.get("acme", storeId, 5000))?.last_active_at).toBe(5000);
    });

    test("files are attached all or none: one that was deleted meanwhile is named", async () => {
      const { storeId } = await addVectorStore(store, "acme", 0);
      const [kept, gone] = (await addFiles(store, "acme", 2)) as [string, string];
      const theirs = (await addFiles(store, "other", 1))[0] as string;
      await store.files.delete("acme", gone);
      for (const missing of [gone, theirs]) {
        const batch = { id: newId("vsfb") };
        const attached = store.vectorStores.attach("acme", storeId, files([kept, missing]), 1000, batch);
        await expect(attached).rejects.toMatchObject({
          status: 404,
          message: expect.stringContaining(missing),
        });
        expect(await store.vectorStores.getBatch("acme", storeId, batch.id)).toBeUndefined();
      }
      expect((await countsOf(storeId))?.total).toBe(0);
      expect(await ingestSubjects()).toEqual([]);
    });

    test("a file that is attached again is taken in anew, under a new number, as the newest", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 2);
      const [first, second] = fileIds as [string, string];
      const before = await documentOf(store, "acme", storeId, first);
      await store.vectorStores.settle(before, completed);
      await store.vectorStores.attach("acme", storeId, files([first]), 2000);
      const after = await documentOf(store, "acme", storeId, first);
      expect(after).toBeGreaterThan(await documentOf(store, "acme", storeId, second));
      expect(await store.vectorStores.work(before)).toBeUndefined();
      expect(await countsOf(storeId)).toMatchObject({ in_progress: 2, completed: 0, total: 2 });
      expect((await store.vectorStores.get("acme", storeId, 1000))?.usage_bytes).toBe(0);
      const page = await store.vectorStores.listFiles("acme", storeId, { limit: 9, order: "asc" });
      expect(page?.data.map(({ id }) => id)).toEqual([second, first]);
      expect(await store.jobs.claim("unindex", 9, 0)).toMatchObject([{ payload: { documents: [before] } }]);
    });

    test("the queued ingestion of what is attached again or taken out is dropped", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 2);
      const [first, second] = fileIds as [string, string];
      await store.vectorStores.attach("acme", storeId, files([first]), 1000);
      expect(await store.vectorStores.detach("acme", storeId, second)).toBe(true);
      expect(await ingestSubjects()).toEqual([await documentOf(store, "acme", storeId, first)]);
    });

    test("a file given twice is attached once, as it was given last", async () => {
      const { storeId } = await addVectorStore(store, "acme", 0);
      const [fileId] = (await addFiles(store, "acme", 1)) as [string];
      const batch = { id: newId("vsfb") };
      const given = [sampleStoreFile(fileId, { n: 1 }), sampleStoreFile(fileId, { n: 2 })];
      const attached = await store.vectorStores.attach("acme", storeId, given, 1000, batch);
      expect(attached).toMatchObject([{ id: fileId, attributes: { n: 2 } }]);
      expect((await store.vectorStores.getBatch("acme", storeId, batch.id))?.file_counts.total).toBe(1);
    });

    test("a file that is taken out is gone from the store and stays a file", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 1);
      const [fileId] = fileIds as [string];
      const document = await documentOf(store, "acme", storeId, fileId);
      await store.vectorStores.settle(document, completed);
      expect(await store.vectorStores.detach("acme", storeId, fileId)).toBe(true);
      expect(await store.vectorStores.detach("acme", storeId, fileId)).toBe(false);
      expect(await store.vectorStores.getFile("acme", storeId, fileId)).toBeUndefined();
      expect(await store.vectorStores.get("acme", storeId, 1000)).toMatchObject({
        usage_bytes: 0,
        file_counts: { total: 0 },
      });
      expect(await store.files.get("acme", fileId)).toBeDefined();
      expect(await store.jobs.claim("unindex", 9, 0)).toMatchObject([{ payload: { documents: [document] } }]);
      await store.vectorStores.attach("acme", storeId, files([fileId]), 1000);
      expect(await documentOf(store, "acme", storeId, fileId)).toBeGreaterThan(document);
    });

    test("ingestion ends once: completed with its size, or failed with its error", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 2);
      const [good, bad] = fileIds as [string, string];
      const documents = await Promise.all(fileIds.map((id) => documentOf(store, "acme", storeId, id)));
      const [first, second] = documents as [number, number];
      expect(await store.vectorStores.settle(first, completed)).toBe(true);
      expect(await store.vectorStores.settle(second, failed)).toBe(true);
      expect(await store.vectorStores.settle(first, failed)).toBe(false);
      expect(await store.vectorStores.settle(999_999, completed)).toBe(false);
      expect(await store.vectorStores.getFile("acme", storeId, good)).toMatchObject({
        ...{ status: "completed", usage_bytes: 50, last_error: null },
      });
      expect(await store.vectorStores.getFile("acme", storeId, bad)).toMatchObject({
        ...{ status: "failed", usage_bytes: 0, last_error: failed.error },
      });
      expect(await store.vectorStores.get("acme", storeId, 1000)).toMatchObject({
        status: "completed",
        usage_bytes: 50,
        file_counts: { in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 },
      });
      expect(await store.vectorStores.names([second, first, 999_999])).toEqual(
        new Map([[first, { fileId: good, filename: "notes.txt", attributes: {} }]]),
      );
    });

    test("changed attributes are seen at once, and queued for the index once", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 1);
      const [fileId] = fileIds as [string];
      const document = await documentOf(store, "acme", storeId, fileId);
      for (const n of [1, 2]) {
        const changed = await store.vectorStores.setAttributes("acme", storeId, fileId, { n });
        expect(changed).toEqual(await store.vectorStores.getFile("acme", storeId, fileId));
        expect(changed?.attributes).toEqual({ n });
      }
      expect((await store.vectorStores.work(document))?.attributes).toEqual({ n: 2 });
      const jobs = await store.jobs.claim("attributes", 9, 0);
      expect(jobs).toMatchObject([{ tenant: "acme", subject: String(document) }]);
      // The one that runs may have read what is old now.
      await store.vectorStores.setAttributes("acme", storeId, fileId, {});
      expect(await store.jobs.claim("attributes", 9, 0)).toHaveLength(1);
      expect(await store.vectorStores.setAttributes("acme", storeId, "file-none", {})).toBeUndefined();
    });

    test("documents that the index has lost are taken in again; only those that were completed", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 3);
      const documents = await Promise.all(fileIds.map((id) => documentOf(store, "acme", storeId, id)));
      const [first, second, third] = documents as [number, number, number];
      await store.vectorStores.settle(first, completed);
      await store.vectorStores.settle(second, completed);
      await store.vectorStores.settle(third, failed);
      await ingestSubjects();
      expect(await store.vectorStores.completedDocuments(0, 9)).toEqual([first, second]);
      expect(await store.vectorStores.completedDocuments(0, 1)).toEqual([first]);
      expect(await store.vectorStores.completedDocuments(first, 9)).toEqual([second]);
      await store.vectorStores.ingestAgain([third, second, 999_999]);
      expect(await ingestSubjects()).toEqual([second]);
      expect(await store.vectorStores.get("acme", storeId, 1000)).toMatchObject({
        ...{
          status: "in_progress",
          usage_bytes: 50,
          file_counts: { in_progress: 1, completed: 1, failed: 1 },
        },
      });
    });

    test("files are listed by time of addition, of one status or all, from any cursors", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 10);
      const foreign = await addFiles(store, "acme", 1);
      for (const id of fileIds.filter((_, n) => n % 3 === 0)) {
        await store.vectorStores.settle(await documentOf(store, "acme", storeId, id), completed);
      }
      const list =
        (filter?: "completed" | "in_progress" | "failed") =>
        // A cursor of another status is one all the same: it may have been in progress when it was given out.
        (query: TwoWayPageQuery) =>
          store.vectorStores.listFiles("acme", storeId, { ...query, ...(filter && { filter }) });
      await expectPagesOf(fileIds, [...foreign, "file-none"], true, list());
      const done = fileIds.filter((_, n) => n % 3 === 0);
      await expectPagesOf(done, ["file-none"], true, list("completed"));
      expect(await list("failed")({ limit: 9, order: "asc" })).toEqual({ data: [], hasMore: false });
      const afterDone = await list("in_progress")({ limit: 2, order: "asc", after: done[1] as string });
      expect(afterDone?.data.map(({ id }) => id)).toEqual([fileIds[4], fileIds[5]]);
    });
  });
}
