import { setImmediate as nextTurn } from "node:timers/promises";
import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";
import { addFiles, addVectorStore, documentOf, sampleStoreFile, sampleVectorStore } from "./sample-files.ts";

const day = 86_400;

/** What every implementation of `VectorStores` must do with the stores themselves. */
export function vectorStoresContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps vector stores`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("a store is found as it was made, empty and completed", async () => {
      const created = sampleVectorStore({ name: "docs", description: "all", metadata: { a: "1" } });
      const expected = {
        ...created,
        object: "vector_store",
        usage_bytes: 0,
        file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
        status: "completed",
        expires_at: null,
        last_active_at: 1000,
      };
      expect(await store.vectorStores.create("acme", created, [])).toEqual(expected);
      expect(await store.vectorStores.get("acme", created.id, 2000)).toEqual(expected);
    });

    test("a store made with files has them in progress, and their ingestion is queued in order", async () => {
      const fileIds = await addFiles(store, "acme", 3);
      const created = sampleVectorStore();
      const files = fileIds.map((id) => sampleStoreFile(id, { id }));
      const object = await store.vectorStores.create("acme", created, files);
      expect(object).toMatchObject({ status: "in_progress", file_counts: { in_progress: 3, total: 3 } });
      const jobs = await store.jobs.claim("ingest", 9, 0);
      const work = await Promise.all(jobs.map(({ subject }) => store.vectorStores.work(Number(subject))));
      expect(work.map((each) => each?.fileId)).toEqual(fileIds);
      expect(jobs[0]?.tenant).toBe("acme");
      const { file, hash } = (await store.files.get("acme", fileIds[0] as string)) ?? {};
      expect(work[0]).toEqual({
        document: Number(jobs[0]?.subject),
        store: (await store.vectorStores.numbers("acme", [created.id], 0)).get(created.id)?.store,
        storeId: created.id,
        fileId: fileIds[0],
        filename: file?.filename,
        hash,
        bytes: file?.bytes,
        attributes: { id: fileIds[0] },
        chunking: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
        status: "in_progress",
      });
    });

    test("unknown stores, and another tenant's, are not found by any call", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 1);
      const [fileId] = fileIds as [string];
      const batch = { id: newId("vsfb") };
      await store.vectorStores.attach("acme", storeId, [sampleStoreFile(fileId)], 1000, batch);
      const page = { limit: 9, order: "asc" as const };
      for (const [tenant, id] of [
        ["other", storeId],
        ["acme", "vs_none"],
      ] as const) {
        const { vectorStores } = store;
        expect(await vectorStores.get(tenant, id, 1000)).toBeUndefined();
        expect(await vectorStores.update(tenant, id, { name: "x" }, 1000)).toBeUndefined();
        expect(await vectorStores.numbers(tenant, [id], 1000)).toEqual(new Map());
        expect(await vectorStores.list(tenant, { ...page, before: id }, 1000)).toBeUndefined();
        expect(await vectorStores.attach(tenant, id, [], 1000)).toBeUndefined();
        expect(await vectorStores.getFile(tenant, id, fileId)).toBeUndefined();
        expect(await vectorStores.documentOf(tenant, id, fileId)).toBeUndefined();
        expect(await vectorStores.listFiles(tenant, id, page)).toBeUndefined();
        expect(await vectorStores.listFiles(tenant, id, page, batch.id)).toBeUndefined();
        expect(await vectorStores.setAttributes(tenant, id, fileId, {})).toBeUndefined();
        expect(await vectorStores.detach(tenant, id, fileId)).toBe(false);
        expect(await vectorStores.getBatch(tenant, id, batch.id)).toBeUndefined();
        expect(await vectorStores.cancelBatch(tenant, id, batch.id)).toBeUndefined();
        await vectorStores.touch(tenant, [id], 9000);
        expect(await vectorStores.delete(tenant, id)).toBe(false);
      }
      expect(await store.vectorStores.get("acme", storeId, 1000)).toMatchObject({
        last_active_at: 1000,
        file_counts: { in_progress: 1, total: 1 },
      });
    });

    test("an update changes what it names and nothing else", async () => {
      const created = sampleVectorStore({ name: "old", metadata: { a: "1" } });
      await store.vectorStores.create("acme", created, []);
      const expires_after = { anchor: "last_active_at" as const, days: 2 };
      const { id } = created;
      const update = (changes: Parameters<typeof store.vectorStores.update>[2]) =>
        store.vectorStores.update("acme", id, changes, 1000);
      expect(await update({})).toMatchObject({ name: "old", metadata: { a: "1" } });
      expect(await update({ name: "new", expiresAfter: expires_after })).toMatchObject({
        ...{ name: "new", metadata: { a: "1" }, expires_after, expires_at: 1000 + 2 * day },
      });
      expect(await update({ metadata: { b: "2" } })).toMatchObject({ name: "new", metadata: { b: "2" } });
      const emptied = await update({ name: null, metadata: {}, expiresAfter: null });
      expect(emptied).toMatchObject({ name: null, metadata: {}, expires_after: null, expires_at: null });
      expect(await store.vectorStores.get("acme", id, 1000)).toEqual(emptied);
    });

    test("a store expires after its days without use, and is then found but takes nothing", async () => {
      const [fileId] = (await addFiles(store, "acme", 1)) as [string];
      const created = sampleVectorStore({ expires_after: { anchor: "last_active_at", days: 1 } });
      const { id } = created;
      await store.vectorStores.create("acme", created, [sampleStoreFile(fileId)]);
      const last = 1000 + day;
      const statusAt = async (now: number) => (await store.vectorStores.get("acme", id, now))?.status;
      expect(await statusAt(last)).toBe("in_progress");
      expect(await statusAt(last + 1)).toBe("expired");
      expect((await store.vectorStores.numbers("acme", [id], last + 1)).get(id)?.expired).toBe(true);
      const attached = store.vectorStores.attach("acme", id, [sampleStoreFile(fileId)], last + 1);
      await expect(attached).rejects.toMatchObject({ status: 400, code: "vector_store_expired" });
      // What has expired is not brought back by a search that came too late.
      await store.vectorStores.touch("acme", [id], last + 1);
      expect(await statusAt(last + 1)).toBe("expired");
      await store.vectorStores.touch("acme", [id, "vs_none"], last);
      await store.vectorStores.touch("acme", [id], 5);
      expect((await store.vectorStores.get("acme", id, last + 1))?.last_active_at).toBe(last);
      expect(await statusAt(last + 1)).toBe("in_progress");
      await store.vectorStores.attach("acme", id, [sampleStoreFile(fileId)], last + 10);
      expect((await store.vectorStores.get("acme", id, last + 1))?.expires_at).toBe(last + 10 + day);
    });

    test("a deleted store is gone with its batches and queued work; its files stay", async () => {
      const other = await addVectorStore(store, "acme", 1);
      const { storeId, fileIds } = await addVectorStore(store, "acme", 2);
      const [fileId] = fileIds as [string];
      const batch = { id: newId("vsfb") };
      await store.vectorStores.attach("acme", storeId, [sampleStoreFile(fileId)], 1000, batch);
      await store.jobs.claim("unindex", 9, 0);
      const number = (await store.vectorStores.numbers("acme", [storeId], 0)).get(storeId)?.store;
      const document = await documentOf(store, "acme", storeId, fileId);

      expect(await store.vectorStores.delete("acme", storeId)).toBe(true);
      expect(await store.vectorStores.delete("acme", storeId)).toBe(false);
      expect(await store.vectorStores.get("acme", storeId, 1000)).toBeUndefined();
      expect(await store.vectorStores.getFile("acme", storeId, fileId)).toBeUndefined();
      expect(await store.vectorStores.work(document)).toBeUndefined();
      expect(await store.files.get("acme", fileId)).toBeDefined();
      expect(await store.jobs.claim("unindex", 9, 0)).toMatchObject([{ payload: { store: number } }]);
      const left = await store.jobs.claim("ingest", 9, 0);
      expect(left.map(({ subject }) => Number(subject))).toEqual([
        await documentOf(store, "acme", other.storeId, other.fileIds[0] as string),
      ]);
      const created = sampleVectorStore({ id: storeId });
      await store.vectorStores.create("acme", created, []);
      const again = (await store.vectorStores.numbers("acme", [storeId], 0)).get(storeId)?.store;
      expect(again).toBeGreaterThan(number as number);
      expect(await store.vectorStores.getBatch("acme", storeId, batch.id)).toBeUndefined();
    });

    test("a store of very many files is gone at once, and all its work with it", async () => {
      const fileIds = await addFiles(store, "acme", 700);
      const created = sampleVectorStore();
      const files = fileIds.map((id) => sampleStoreFile(id));
      await store.vectorStores.create("acme", created, files);
      const document = await documentOf(store, "acme", created.id, fileIds.at(-1) as string);
      await store.vectorStores.settle(document, { status: "completed", usageBytes: 5 });
      const deleted = store.vectorStores.delete("acme", created.id);
      while ((await store.vectorStores.get("acme", created.id, 1000)) !== undefined) await nextTurn();
      // From the moment the store is not found, nothing of it is, although the deletion may go on.
      expect(await store.vectorStores.work(document)).toBeUndefined();
      expect(await store.vectorStores.names([document])).toEqual(new Map());
      expect(await store.vectorStores.completedDocuments(0, 9)).toEqual([]);
      await store.vectorStores.ingestAgain([document]);
      expect(await deleted).toBe(true);
      expect(await store.jobs.claim("ingest", 9, 0)).toEqual([]);
      for (const id of fileIds.slice(0, 3)) expect(await store.files.delete("acme", id)).toBe(true);
      expect(await store.check("full")).toEqual({ ok: true, problems: [] });
    });

    test("the list is by time of creation, from any cursors in both orders", async () => {
      const ids: string[] = [];
      for (let n = 0; n < 9; n++) {
        ids.push((await addVectorStore(store, "acme", 0)).storeId);
        await addVectorStore(store, "other", 0);
      }
      const [gone] = ids.splice(3, 1);
      await store.vectorStores.delete("acme", gone as string);
      const foreign = [gone as string, "vs_none"];
      await expectPagesOf(ids, foreign, true, (query) => store.vectorStores.list("acme", query, 1000));
    });
  });
}
