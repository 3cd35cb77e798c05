import { readdir } from "node:fs/promises";
import type { BlobStore } from "@gateway/engine";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BlobBench, keepContent, readContent, receive, sampleContent } from "./blob-bench.ts";

const missing = { status: 500, type: "server_error", code: "storage_error" };

/** How a blob store keeps content and lets go of it. */
export function keepContract(name: string, open: () => Promise<BlobBench>): void {
  describe(`${name} keeps content`, () => {
    let store: BlobStore;
    let incoming: string;
    beforeEach(async () => {
      ({ store, incoming } = await open());
    });
    afterEach(() => store.close());

    test("which is there from then on, and not before", async () => {
      const content = sampleContent(200_000);
      const received = await receive(store, content);
      await expect(store.read(received.hash)).rejects.toMatchObject(missing);
      await received.keep();
      expect(await readContent(store, received.hash)).toEqual(content);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("of no bytes", async () => {
      const hash = await keepContent(store, new Uint8Array());
      expect(await readContent(store, hash)).toEqual(new Uint8Array());
    });

    test("twice with the same outcome, and discarding it then changes nothing", async () => {
      const content = sampleContent(1000);
      const received = await receive(store, content);
      await Promise.all([received.keep(), received.keep()]);
      await received.keep();
      await received.discard();
      expect(await readContent(store, received.hash)).toEqual(content);
    });

    test("not after it was discarded, of which nothing is left", async () => {
      const received = await receive(store, sampleContent(1000));
      await received.discard();
      await received.discard();
      expect(await readdir(incoming)).toEqual([]);
      await expect(received.keep()).rejects.toMatchObject({ code: "storage_error" });
      await expect(store.read(received.hash)).rejects.toMatchObject(missing);
    });

    test("that it has already", async () => {
      const content = sampleContent(100_000);
      const hash = await keepContent(store, content);
      expect(await keepContent(store, content)).toBe(hash);
      expect(await readContent(store, hash)).toEqual(content);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("that comes several times at once", async () => {
      const content = sampleContent(100_000);
      const received = await Promise.all(Array.from({ length: 8 }, () => receive(store, content)));
      await Promise.all(received.map((blob) => blob.keep()));
      expect(await readContent(store, received[0]?.hash ?? "")).toEqual(content);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("apart from other content that comes with it, a hundred at once", async () => {
      const contents = Array.from({ length: 100 }, (_, n) => sampleContent(30_000 + n, n + 1));
      const hashes = await Promise.all(contents.map((content) => keepContent(store, content)));
      expect(new Set(hashes).size).toBe(100);
      const read = await Promise.all(hashes.map((hash) => readContent(store, hash)));
      expect(
        read.every((content, n) => Buffer.compare(content, contents[n] ?? content.subarray(1)) === 0),
      ).toBe(true);
      await Promise.all(hashes.map((hash) => store.delete(hash)));
      const gone = await Promise.allSettled(hashes.map((hash) => store.read(hash)));
      expect(gone.filter(({ status }) => status === "rejected")).toHaveLength(100);
    });

    test("until it is deleted, and again when it comes again", async () => {
      const content = sampleContent(1000);
      const other = await keepContent(store, sampleContent(1000, 2));
      const hash = await keepContent(store, content);
      await store.delete(hash);
      await expect(store.read(hash)).rejects.toMatchObject(missing);
      expect(await readContent(store, other)).toHaveLength(1000);
      await keepContent(store, content);
      expect(await readContent(store, hash)).toEqual(content);
    });

    test("and deletes what is not there without a word", async () => {
      await store.delete("0".repeat(64));
      await store.delete("0".repeat(64));
    });

    test("under hashes alone: any other name is refused", async () => {
      const kept = await keepContent(store, sampleContent(1000));
      for (const hash of [
        "",
        "..",
        "../../etc/passwd",
        kept.slice(1),
        `${kept}0`,
        kept.toUpperCase(),
        `${kept}\n`,
      ]) {
        await expect(store.read(hash)).rejects.toMatchObject(missing);
        await expect(store.delete(hash)).rejects.toMatchObject(missing);
      }
      expect(await readContent(store, kept)).toHaveLength(1000);
    });

    test("which is not to be had any more when it is closed", async () => {
      const hash = await keepContent(store, sampleContent(1000));
      await store.close();
      await expect(store.read(hash)).rejects.toMatchObject(missing);
      await expect(store.delete(hash)).rejects.toMatchObject(missing);
    });
  });
}
