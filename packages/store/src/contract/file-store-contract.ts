import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { expectPagesOf } from "./page-model.ts";
import { addFiles, addVectorStore, noQuota, sampleFile, sampleStoreFile } from "./sample-files.ts";

/** What every implementation of `FileStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function fileStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps files`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test("a file is found exactly as it was given, whatever its name", async () => {
      const plain = sampleFile();
      const odd = sampleFile({ filename: "naïve \u{1f600} '; DROP TABLE files; --.txt", expires_at: 1 });
      for (const record of [plain, odd]) {
        expect(await store.files.add("acme", record, noQuota)).toBe("added");
        expect(await store.files.get("acme", record.file.id)).toEqual(record);
      }
      const { id } = odd.file;
      expect(await store.files.find("acme", [id, "file-none", plain.file.id])).toEqual(
        new Map([
          [id, odd],
          [plain.file.id, plain],
        ]),
      );
    });

    test("unknown ids, and those of another tenant, are not found by any call", async () => {
      const record = sampleFile();
      const { id } = record.file;
      await store.files.add("acme", record, noQuota);
      for (const [tenant, unknown] of [
        ["other", id],
        ["acme", "file-none"],
        ["acme", ""],
      ] as const) {
        expect(await store.files.get(tenant, unknown)).toBeUndefined();
        expect(await store.files.find(tenant, [unknown])).toEqual(new Map());
        expect(
          await store.files.list(tenant, { limit: 1, order: "asc", after: unknown || "-" }, 0),
        ).toBeUndefined();
        expect(await store.files.delete(tenant, unknown)).toBe(false);
      }
      expect(await store.files.list("other", { limit: 9, order: "asc" }, 0)).toEqual({
        data: [],
        hasMore: false,
      });
      expect(await store.files.get("acme", id)).toEqual(record);
    });

    test("an id that is taken is refused, and does not count", async () => {
      const record = sampleFile();
      await store.files.add("acme", record, noQuota);
      await expect(store.files.add("acme", record, noQuota)).rejects.toMatchObject({ code: "storage_error" });
      expect(await store.files.add("acme", sampleFile(), { files: 2, bytes: 20 })).toBe("added");
    });

    test("lists are by time of creation, of a purpose or of all, from any cursor in both orders", async () => {
      const ids: string[] = [];
      const visions: string[] = [];
      for (let n = 0; n < 12; n++) {
        const purpose = n % 3 === 0 ? ("vision" as const) : ("assistants" as const);
        const { file, hash } = sampleFile({ purpose });
        await store.files.add("acme", { file, hash }, noQuota);
        await store.files.add("other", sampleFile({ purpose }), noQuota);
        ids.push(file.id);
        if (purpose === "vision") visions.push(file.id);
      }
      const [gone] = ids.splice(4, 1);
      await store.files.delete("acme", gone as string);
      const foreign = [gone as string, "file-none"];
      await expectPagesOf(ids, foreign, false, (query) => store.files.list("acme", query, 0));
      await expectPagesOf(visions, foreign, false, (query) =>
        store.files.list("acme", { ...query, purpose: "vision" }, 0),
      );
      const page = await store.files.list("acme", { limit: 1, order: "asc" }, 0);
      expect(page?.data).toEqual([(await store.files.get("acme", ids[0] as string))?.file]);
    });

    test("lists leave out what has expired, and their pages are full all the same", async () => {
      const ids: string[] = [];
      for (let n = 0; n < 9; n++) {
        const expires_at = n % 3 === 0 ? 50 : n % 3 === 1 ? 51 : null;
        const record = sampleFile({ expires_at, purpose: n < 5 ? "vision" : "assistants" });
        await store.files.add("acme", record, noQuota);
        ids.push(record.file.id);
      }
      const live = ids.filter((_, n) => n % 3 !== 0);
      const list = async (query: object, now = 50) => {
        const page = await store.files.list("acme", { limit: 3, order: "asc", ...query }, now);
        return [page?.data.map(({ id }) => ids.indexOf(id)), page?.hasMore];
      };
      expect(await list({})).toEqual([[1, 2, 4], true]);
      expect(await list({ after: live[2] })).toEqual([[5, 7, 8], false]);
      expect(await list({ order: "desc", limit: 2, purpose: "vision" })).toEqual([[4, 2], true]);
      expect(await list({ after: ids[6], limit: 2 })).toEqual([[7, 8], false]);
      expect(await list({}, 49)).toEqual([[0, 1, 2], true]);
      expect(await list({}, 51)).toEqual([[2, 5, 8], false]);
    });

    describe("within a quota", () => {
      test("that is exact at its limit, in files and in bytes, for each tenant", async () => {
        const quota = { files: 3, bytes: 100 };
        const add = (bytes: number, tenant = "acme") => store.files.add(tenant, sampleFile({ bytes }), quota);
        expect(await add(101)).toBe("bytes_quota");
        expect(await add(60)).toBe("added");
        expect(await add(41)).toBe("bytes_quota");
        expect(await add(40)).toBe("added");
        expect(await add(1)).toBe("bytes_quota");
        expect(await add(0)).toBe("added");
        expect(await add(0)).toBe("files_quota");
        expect(await add(100, "other")).toBe("added");
        expect(await store.files.list("acme", { limit: 9, order: "asc" }, 0)).toMatchObject({
          data: [{ bytes: 60 }, { bytes: 40 }, { bytes: 0 }],
        });
      });

      test("that many calls at once do not get past", async () => {
        const results = await Promise.all(
          Array.from({ length: 40 }, () =>
            store.files.add("acme", sampleFile({ bytes: 7 }), { files: 30, bytes: 100 }),
          ),
        );
        expect(results.filter((result) => result === "added")).toHaveLength(14);
        expect(results.filter((result) => result === "bytes_quota")).toHaveLength(26);
      });

      test("a deleted file makes room at once", async () => {
        const first = sampleFile({ bytes: 50 });
        const quota = { files: 1, bytes: 50 };
        await store.files.add("acme", first, quota);
        expect(await store.files.add("acme", sampleFile({ bytes: 50 }), quota)).toBe("files_quota");
        await store.files.delete("acme", first.file.id);
        expect(await store.files.add("acme", sampleFile({ bytes: 50 }), quota)).toBe("added");
      });
    });

    test("a deleted file leaves every store it is in, and its queued ingestion with it", async () => {
      const { storeId, fileIds } = await addVectorStore(store, "acme", 2);
      const [kept, gone] = fileIds as [string, string];
      const second = await addVectorStore(store, "acme", 0);
      await store.vectorStores.attach("acme", second.storeId, [sampleStoreFile(gone)], 1000);
      const documents = [
        await store.vectorStores.documentOf("acme", storeId, gone),
        await store.vectorStores.documentOf("acme", second.storeId, gone),
      ];
      expect(await store.files.delete("acme", gone)).toBe(true);
      expect(await store.files.delete("acme", gone)).toBe(false);
      expect(await store.vectorStores.getFile("acme", storeId, gone)).toBeUndefined();
      expect((await store.vectorStores.get("acme", storeId, 1000))?.file_counts.total).toBe(1);
      expect((await store.vectorStores.get("acme", second.storeId, 1000))?.file_counts.total).toBe(0);
      for (const document of documents) {
        expect(await store.vectorStores.work(document as number)).toBeUndefined();
        expect(
          await store.vectorStores.settle(document as number, { status: "completed", usageBytes: 5 }),
        ).toBe(false);
      }
      const ingests = await store.jobs.claim("ingest", 9, 0);
      expect(ingests.map(({ subject }) => subject)).toEqual([
        String(await store.vectorStores.documentOf("acme", storeId, kept)),
      ]);
      expect(await store.jobs.claim("unindex", 9, 0)).toMatchObject([
        { tenant: "acme", payload: { documents } },
      ]);
    });

    test("files are expired from their time on, the oldest first", async () => {
      const [early, late] = [sampleFile({ expires_at: 50 }), sampleFile({ expires_at: 60 })];
      await store.files.add("acme", late, noQuota);
      await store.files.add("other", early, noQuota);
      await addFiles(store, "acme", 1);
      const isEarly = { tenant: "other", id: early.file.id };
      expect(await store.files.expired(49, 9)).toEqual([]);
      expect(await store.files.expired(50, 9)).toEqual([isEarly]);
      expect(await store.files.expired(60, 9)).toEqual([isEarly, { tenant: "acme", id: late.file.id }]);
      expect(await store.files.expired(60, 1)).toEqual([isEarly]);
      await store.files.delete("other", early.file.id);
      expect(await store.files.expired(59, 9)).toEqual([]);
    });
  });
}
