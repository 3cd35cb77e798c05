import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../store.ts";
import { hashOf, noLimits, noQuota, sampleFile, sampleUpload } from "./sample-files.ts";

/** What every implementation of `BlobIndex` must do. `open` gives a new, empty store; it is closed after each test. */
export function blobIndexContract(name: string, open: () => Store | Promise<Store>): void {
  describe(`${name} knows which content is referred to`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    const later = (): number => Date.now() + 60_000;

    test("what was announced and not used is found, from its time on, and struck out once", async () => {
      const before = Date.now();
      await store.blobs.announce(hashOf("a"), 1);
      expect(await store.blobs.unused(before, 9)).toEqual([]);
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("a")]);
      expect(await store.blobs.forget(hashOf("a"))).toBe(true);
      expect(await store.blobs.forget(hashOf("a"))).toBe(false);
      expect(await store.blobs.unused(later(), 9)).toEqual([]);
    });

    test("no more are given than asked for", async () => {
      for (const content of ["a", "b", "c"]) await store.blobs.announce(hashOf(content), 1);
      expect(await store.blobs.unused(later(), 2)).toHaveLength(2);
    });

    test("content is in use as long as any file of any tenant has it", async () => {
      await store.blobs.announce(hashOf("same"), 4);
      const ours = sampleFile({ content: "same" });
      const theirs = sampleFile({ content: "same" });
      await store.files.add("acme", ours, noQuota);
      await store.files.add("other", theirs, noQuota);
      expect(await store.blobs.unused(later(), 9)).toEqual([]);
      await store.files.delete("acme", ours.file.id);
      expect(await store.blobs.unused(later(), 9)).toEqual([]);
      expect(await store.blobs.forget(hashOf("same"))).toBe(false);
      await store.files.delete("other", theirs.file.id);
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("same")]);
      expect(await store.blobs.forget(hashOf("same"))).toBe(true);
    });

    test("content that was found unused and then used again must stay", async () => {
      await store.blobs.announce(hashOf("back"), 4);
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("back")]);
      const record = sampleFile({ content: "back" });
      await store.files.add("acme", record, noQuota);
      expect(await store.blobs.forget(hashOf("back"))).toBe(false);
      await store.files.delete("acme", record.file.id);
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("back")]);
    });

    test("content that is announced again after it was found unused must stay for who announced it", async () => {
      const record = sampleFile({ content: "again" });
      await store.files.add("acme", record, noQuota);
      await store.files.delete("acme", record.file.id);
      expect(await store.blobs.unused(Date.now(), 9)).toEqual([hashOf("again")]);
      await store.blobs.announce(hashOf("again"), 5);
      expect(await store.blobs.forget(hashOf("again"))).toBe(false);
    });

    test("a part's content is in use until the upload ends; that of the file made of it, beyond", async () => {
      const { upload, ...rest } = sampleUpload();
      await store.uploads.create("acme", { upload, ...rest }, noLimits);
      for (const content of ["part", "more"]) {
        await store.blobs.announce(hashOf(content), 4);
        const part = {
          id: `part_${content}`,
          object: "upload.part" as const,
          created_at: 1,
          upload_id: upload.id,
        };
        await store.uploads.addPart("acme", { part, hash: hashOf(content), bytes: 4 }, noQuota);
      }
      expect(await store.blobs.unused(later(), 9)).toEqual([]);
      await store.uploads.complete("acme", upload.id, sampleFile({ content: "part" }), noQuota);
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("more")]);
    });

    test("a file that does not come to be, for its quota, does not use its content", async () => {
      await store.blobs.announce(hashOf("no"), 4);
      await store.files.add("acme", sampleFile({ content: "no" }), { files: 0, bytes: undefined });
      expect(await store.blobs.unused(later(), 9)).toEqual([hashOf("no")]);
    });
  });
}
