import type { PartRecord } from "@gateway/engine";
import { newId } from "@gateway/protocol";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { hashOf, noLimits, noQuota, sampleFile, sampleUpload } from "./sample-files.ts";

/** What every implementation of `UploadStore` must do. `open` gives a new, empty store; it is closed after each test. */
export function uploadStoreContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} keeps uploads`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    function partOf(uploadId: string, bytes: number): PartRecord {
      const id = newId("part");
      const part = { id, object: "upload.part" as const, created_at: 1, upload_id: uploadId };
      return { part, hash: hashOf(id), bytes };
    }

    async function begin(): Promise<string> {
      const record = sampleUpload();
      await store.uploads.create("acme", record, noLimits);
      return record.upload.id;
    }

    test("an upload is found exactly as it was given", async () => {
      const record = { ...sampleUpload({ filename: "ä.pdf" }), fileExpiry: 7200 };
      await store.uploads.create("acme", record, noLimits);
      expect(await store.uploads.get("acme", record.upload.id)).toEqual(record);
    });

    test("another tenant's upload, and one that there is not, take no part in any call", async () => {
      const id = await begin();
      const part = partOf(id, 1);
      await store.uploads.addPart("acme", part, noQuota);
      for (const [tenant, uploadId] of [
        ["other", id],
        ["acme", "upload_none"],
      ] as const) {
        expect(await store.uploads.get(tenant, uploadId)).toBeUndefined();
        expect(await store.uploads.addPart(tenant, partOf(uploadId, 1), noQuota)).toBe("not_found");
        expect(await store.uploads.parts(tenant, uploadId, [part.part.id])).toEqual([undefined]);
        expect(await store.uploads.complete(tenant, uploadId, sampleFile(), noQuota)).toBe("closed");
        expect(await store.uploads.end(tenant, uploadId, "cancelled")).toBe(false);
      }
      expect((await store.uploads.get("acme", id))?.upload.status).toBe("pending");
    });

    test("parts are given in the order they are asked for, repeated ones too, with gaps for others", async () => {
      const id = await begin();
      const other = partOf(await begin(), 1);
      await store.uploads.addPart("acme", other, noQuota);
      const parts = [partOf(id, 3), partOf(id, 2), partOf(id, 1)];
      await Promise.all(parts.map((part) => store.uploads.addPart("acme", part, noQuota)));
      const [a, b, c] = parts as [PartRecord, PartRecord, PartRecord];
      expect(
        await store.uploads.parts(
          "acme",
          id,
          [c, a, other, c, b].map(({ part }) => part.id),
        ),
      ).toEqual([c, a, undefined, c, b]);
    });

    test("parts come to twice the upload's bytes and not beyond, also at once, none of them longer than it", async () => {
      const id = await begin();
      const results = await Promise.all(
        [101, 100, 60, 50, 40, 1].map((bytes) => store.uploads.addPart("acme", partOf(id, bytes), noQuota)),
      );
      expect(results).toEqual(["too_large", "added", "added", "too_large", "added", "too_large"]);
      expect(await store.uploads.addPart("acme", partOf(id, 0), noQuota)).toBe("added");
    });

    test("a completed upload has its file, takes no part and cannot be ended", async () => {
      const id = await begin();
      const part = partOf(id, 100);
      await store.uploads.addPart("acme", part, noQuota);
      const record = sampleFile({ bytes: 100 });
      expect(await store.uploads.complete("acme", id, record, noQuota)).toBe("completed");
      expect(await store.uploads.get("acme", id)).toMatchObject({
        upload: { status: "completed", file: record.file },
      });
      expect(await store.files.get("acme", record.file.id)).toEqual(record);
      expect(await store.uploads.parts("acme", id, [part.part.id])).toEqual([undefined]);
      expect(await store.uploads.addPart("acme", partOf(id, 0), noQuota)).toBe("closed");
      expect(await store.uploads.end("acme", id, "cancelled")).toBe(false);
      await store.files.delete("acme", record.file.id);
      expect(await store.uploads.complete("acme", id, sampleFile(), noQuota)).toBe("closed");
    });

    test("two completes at once make one file", async () => {
      const id = await begin();
      const records = [sampleFile(), sampleFile()];
      const results = await Promise.all(
        records.map((record) => store.uploads.complete("acme", id, record, noQuota)),
      );
      expect(results.sort()).toEqual(["closed", "completed"]);
      expect((await store.files.list("acme", { limit: 9, order: "asc" }, 0))?.data).toHaveLength(1);
    });

    test("a file beyond the quota leaves the upload as it is", async () => {
      const id = await begin();
      const part = partOf(id, 100);
      await store.uploads.addPart("acme", part, noQuota);
      const record = sampleFile({ bytes: 100 });
      expect(await store.uploads.complete("acme", id, record, { files: 0, bytes: 100 })).toBe("files_quota");
      expect(await store.uploads.complete("acme", id, record, { files: 1, bytes: 99 })).toBe("bytes_quota");
      expect(await store.uploads.parts("acme", id, [part.part.id])).toEqual([part]);
      expect(await store.uploads.complete("acme", id, record, { files: 1, bytes: 100 })).toBe("completed");
      expect(await store.files.add("acme", sampleFile(), { files: 1, bytes: undefined })).toBe("files_quota");
    });

    describe("within a quota", () => {
      const quota = { files: undefined, bytes: 100 };

      test("parts of pending uploads count like files, also at once, until they are dropped", async () => {
        const id = await begin();
        await store.uploads.addPart("acme", partOf(id, 60), quota);
        expect(await store.files.add("acme", sampleFile({ bytes: 41 }), quota)).toBe("bytes_quota");
        expect(await store.files.add("acme", sampleFile({ bytes: 10 }), quota)).toBe("added");
        const other = await begin();
        const results = await Promise.all(
          [20, 20, 10].map((bytes) => store.uploads.addPart("acme", partOf(other, bytes), quota)),
        );
        expect(results).toEqual(["added", "bytes_quota", "added"]);
        expect(await store.uploads.addPart("acme", partOf(other, 0), quota)).toBe("added");
        await store.uploads.end("acme", id, "cancelled");
        expect(await store.files.add("acme", sampleFile({ bytes: 60 }), quota)).toBe("added");
        expect(await store.files.add("other", sampleFile({ bytes: 100 }), quota)).toBe("added");
      });

      test("a file takes the place of the parts that it is made of", async () => {
        const id = await begin();
        for (const bytes of [50, 40]) await store.uploads.addPart("acme", partOf(id, bytes), quota);
        expect(await store.uploads.complete("acme", id, sampleFile({ bytes: 101 }), quota)).toBe(
          "bytes_quota",
        );
        expect(await store.uploads.complete("acme", id, sampleFile({ bytes: 90 }), quota)).toBe("completed");
        expect(await store.files.add("acme", sampleFile({ bytes: 10 }), quota)).toBe("added");
        expect(await store.files.add("acme", sampleFile({ bytes: 1 }), quota)).toBe("bytes_quota");
      });

      test("an upload is refused whose announced bytes there would be no room for", async () => {
        const create = (bytes: number, tenant = "acme") =>
          store.uploads.create(tenant, sampleUpload({ bytes }), { quota, pending: 9 });
        await store.files.add("acme", sampleFile({ bytes: 30 }), quota);
        expect(await create(71)).toBe("bytes_quota");
        expect(await create(50)).toBe("created");
        expect(await create(21)).toBe("bytes_quota");
        expect(await create(20)).toBe("created");
        expect(await create(100, "other")).toBe("created");
        const full = { quota: { files: 1, bytes: undefined }, pending: 9 };
        expect(await store.uploads.create("acme", sampleUpload(), full)).toBe("files_quota");
      });
    });

    test("a tenant has so many pending uploads and no more; one that ends makes room", async () => {
      const limits = { quota: noQuota, pending: 2 };
      const [first, second, third] = [sampleUpload(), sampleUpload(), sampleUpload()];
      const results = await Promise.all(
        [first, second, third].map((record) => store.uploads.create("acme", record, limits)),
      );
      expect(results).toEqual(["created", "created", "uploads_limit"]);
      expect(await store.uploads.get("acme", third.upload.id)).toBeUndefined();
      expect(await store.uploads.create("other", sampleUpload(), limits)).toBe("created");
      await store.uploads.end("acme", first.upload.id, "cancelled");
      expect(await store.uploads.create("acme", third, limits)).toBe("created");
      await store.uploads.complete("acme", second.upload.id, sampleFile(), noQuota);
      expect(await store.uploads.create("acme", sampleUpload(), limits)).toBe("created");
    });

    test.for(["cancelled", "expired"] as const)(
      "one that is %s drops its parts and stays so",
      async (status) => {
        const id = await begin();
        const part = partOf(id, 1);
        await store.uploads.addPart("acme", part, noQuota);
        expect(await store.uploads.end("acme", id, status)).toBe(true);
        expect(await store.uploads.end("acme", id, "cancelled")).toBe(false);
        expect((await store.uploads.get("acme", id))?.upload).toMatchObject({ status, file: null });
        expect(await store.uploads.parts("acme", id, [part.part.id])).toEqual([undefined]);
        expect(await store.uploads.addPart("acme", partOf(id, 1), noQuota)).toBe("closed");
        expect(await store.uploads.complete("acme", id, sampleFile(), noQuota)).toBe("closed");
        expect(await store.blobs.unused(Number.MAX_SAFE_INTEGER, 9)).toEqual([part.hash]);
      },
    );

    test("pending uploads are expired from their time on, of any tenant; ended ones are not", async () => {
      const ended = sampleUpload({ expires_at: 10 });
      const early = sampleUpload({ expires_at: 20 });
      const late = sampleUpload({ expires_at: 30 });
      for (const record of [late, early, ended]) await store.uploads.create("acme", record, noLimits);
      await store.uploads.end("acme", ended.upload.id, "expired");
      const ids = async (now: number, limit = 9) =>
        (await store.uploads.expired(now, limit)).map(({ id }) => id);
      expect(await ids(19)).toEqual([]);
      expect(await ids(20)).toEqual([early.upload.id]);
      expect(await ids(30)).toEqual([early.upload.id, late.upload.id]);
      expect(await ids(30, 1)).toEqual([early.upload.id]);
    });
  });
}
