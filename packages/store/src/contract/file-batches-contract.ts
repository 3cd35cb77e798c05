import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";
import { addFiles, addVectorStore, documentOf, sampleStoreFile } from "./sample-files.ts";

/** What every implementation of `VectorStores` must do with batches of files. `open` gives a new, empty store. */
export function fileBatchesContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps batches of files`, () => {
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

    async function batchOf(count: number) {
      const { storeId, fileIds: others } = await addVectorStore(store, "acme", 2);
      const fileIds = await addFiles(store, "acme", count);
      const batch = { id: newId("vsfb") };
      await store.vectorStores.attach("acme", storeId, files(fileIds), 1000, batch);
      const settle = async (index: number, outcome: typeof completed | typeof failed) =>
        store.vectorStores.settle(
          await documentOf(store, "acme", storeId, fileIds[index] as string),
          outcome,
        );
      const get = () => store.vectorStores.getBatch("acme", storeId, batch.id);
      return { storeId, others, fileIds, batchId: batch.id, settle, get };
    }

    test("a batch is in progress until all its files have ended, and failed only if all have", async () => {
      const { get, settle, storeId, batchId } = await batchOf(2);
      expect(await get()).toEqual({
        id: batchId,
        object: "vector_store.files_batch",
        created_at: 1000,
        vector_store_id: storeId,
        status: "in_progress",
        file_counts: { in_progress: 2, completed: 0, failed: 0, cancelled: 0, total: 2 },
      });
      await settle(0, failed);
      expect(await get()).toMatchObject({ status: "in_progress", file_counts: { failed: 1 } });
      await settle(1, completed);
      expect(await get()).toMatchObject({ status: "completed", file_counts: { failed: 1, completed: 1 } });
      const other = await batchOf(1);
      await other.settle(0, failed);
      expect((await other.get())?.status).toBe("failed");
    });

    test("cancelling ends what is in progress, drops its queued work, and can be done again", async () => {
      const { get, settle, storeId, batchId, fileIds, others } = await batchOf(3);
      await settle(0, completed);
      const running = await documentOf(store, "acme", storeId, fileIds[1] as string);
      const cancelled = await store.vectorStores.cancelBatch("acme", storeId, batchId);
      expect(cancelled).toMatchObject({
        ...{ status: "cancelled", file_counts: { in_progress: 0, completed: 1, cancelled: 2, total: 3 } },
      });
      expect(await store.vectorStores.cancelBatch("acme", storeId, batchId)).toEqual(cancelled);
      expect(await get()).toEqual(cancelled);
      expect(await store.vectorStores.settle(running, completed)).toBe(false);
      expect(await countsOf(storeId)).toMatchObject({ in_progress: 2, completed: 1, cancelled: 2 });
      expect(await store.vectorStores.getFile("acme", storeId, fileIds[1] as string)).toMatchObject({
        status: "cancelled",
      });
      const documents = await Promise.all(others.map((id) => documentOf(store, "acme", storeId, id)));
      const queued = await ingestSubjects();
      expect(queued).toEqual(expect.arrayContaining(documents));
      expect(queued).not.toContain(running);
    });

    test("a batch that has ended stays as it ended when it is cancelled", async () => {
      const { settle, storeId, batchId } = await batchOf(1);
      await settle(0, completed);
      const batch = await store.vectorStores.cancelBatch("acme", storeId, batchId);
      expect(batch?.status).toBe("completed");
      expect(await store.vectorStores.cancelBatch("acme", storeId, "vsfb_none")).toBeUndefined();
    });

    test("its counts survive that files leave: as they ended, or as cancelled", async () => {
      const { get, settle, storeId, batchId, fileIds } = await batchOf(4);
      const [a, b, c, d] = fileIds as [string, string, string, string];
      await settle(0, completed);
      await settle(1, failed);
      await store.vectorStores.detach("acme", storeId, a);
      await store.vectorStores.attach("acme", storeId, files([b]), 1000);
      await store.files.delete("acme", c);
      const expected = { in_progress: 1, completed: 1, failed: 1, cancelled: 1, total: 4 };
      expect((await get())?.file_counts).toEqual(expected);
      const listed = await store.vectorStores.listFiles("acme", storeId, { limit: 9, order: "asc" }, batchId);
      expect(listed?.data.map(({ id }) => id)).toEqual([d]);
      await settle(3, completed);
      expect(await get()).toMatchObject({ status: "completed", file_counts: { completed: 2, total: 4 } });
    });

    test("its files are listed from any cursors, and only its own", async () => {
      const { storeId, batchId, fileIds, others } = await batchOf(7);
      await expectPagesOf(fileIds, [...others, "file-none"], true, (query) =>
        store.vectorStores.listFiles("acme", storeId, query, batchId),
      );
      const page = { limit: 9, order: "asc" as const };
      const none = await store.vectorStores.listFiles(
        "acme",
        storeId,
        { ...page, filter: "failed" },
        batchId,
      );
      expect(none).toEqual({ data: [], hasMore: false });
      for (const unknown of ["vsfb_none", ""]) {
        expect(await store.vectorStores.listFiles("acme", storeId, page, unknown)).toBeUndefined();
      }
    });
  });
}
