import { readdir } from "node:fs/promises";
import type { BlobStore } from "@gateway/engine";
import { badRequest } from "@gateway/protocol";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { pieceBytes } from "../write-content.ts";
import { type BlobBench, bytesIn, digest, inChunks, receive, sampleContent } from "./blob-bench.ts";

/** How a blob store takes content. */
export function receiveContract(name: string, open: () => Promise<BlobBench>): void {
  describe(`${name} receives content`, () => {
    let store: BlobStore;
    let incoming: string;
    beforeEach(async () => {
      ({ store, incoming } = await open());
    });
    afterEach(() => store.close());

    test.each([0, 1, 65_535, 65_536, 65_537, 300_000])(
      "of %i bytes, with its length and hashes",
      async (bytes) => {
        const content = sampleContent(bytes);
        const received = await receive(store, content);
        expect(received).toMatchObject({ bytes, hash: digest(content), md5: digest(content, "md5") });
        expect(await bytesIn(incoming)).toBe(bytes);
        await received.discard();
      },
    );

    test("the same however it is cut into chunks", async () => {
      const chunks = fc.array(fc.uint8Array({ maxLength: 100_000, size: "max" }), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(chunks, async (parts) => {
          const content = new Uint8Array(Buffer.concat(parts));
          const source = async function* () {
            yield* parts;
          };
          const received = await store.receive(source(), content.byteLength);
          await received.discard();
          expect(received).toMatchObject({ bytes: content.byteLength, hash: digest(content) });
        }),
        { numRuns: 30 },
      );
    });

    test("also from a source that uses its buffer again", async () => {
      const content = sampleContent(200_000);
      const source = async function* () {
        const buffer = new Uint8Array(1000);
        for (let at = 0; at < content.byteLength; at += 1000) {
          buffer.set(content.subarray(at, at + 1000));
          yield buffer;
        }
      };
      const received = await store.receive(source(), content.byteLength);
      await received.discard();
      expect(received.hash).toBe(digest(content));
    });

    test("at the pace of the disk: of 40 MB never more than one piece is in memory", async () => {
      const chunk = sampleContent(50_000);
      let given = 0;
      let most = 0;
      const source = async function* () {
        for (let n = 0; n < 800; n++) {
          yield chunk;
          given += chunk.byteLength;
          most = Math.max(most, given - (await bytesIn(incoming)));
        }
      };
      const received = await store.receive(source(), 800 * chunk.byteLength);
      await received.discard();
      expect(received.bytes).toBe(40_000_000);
      expect(most).toBeLessThan(pieceBytes);
    });

    test("up to the limit, and refuses more with 413 without reading on", async () => {
      const content = sampleContent(100_000);
      await (await store.receive(inChunks(content, 10_000), 100_000)).discard();

      let asked = 0;
      let told = false;
      const endless = async function* () {
        try {
          for (;;) {
            asked += 1;
            yield content.subarray(0, 10_000);
          }
        } finally {
          told = true;
        }
      };
      await expect(store.receive(endless(), 99_999)).rejects.toMatchObject({
        status: 413,
        code: "request_too_large",
        message: expect.stringContaining("99999 bytes"),
      });
      expect([asked, told]).toEqual([10, true]);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("and leaves nothing of a source that fails, whose own error it passes on", async () => {
      const failure = badRequest("The body ended too early.");
      const source = async function* () {
        yield sampleContent(100_000);
        throw failure;
      };
      await expect(store.receive(source(), 1_000_000)).rejects.toBe(failure);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("and leaves nothing when it is aborted, though the source hangs", async () => {
      const abort = new AbortController();
      const hanging = Promise.withResolvers<never>();
      const waiting = Promise.withResolvers<void>();
      const source = async function* () {
        yield sampleContent(100_000);
        waiting.resolve();
        await hanging.promise;
      };
      const received = store.receive(source(), 1_000_000, abort.signal);
      await waiting.promise;
      expect(await readdir(incoming)).toHaveLength(1);
      const reason = new Error("the client has gone");
      abort.abort(reason);
      await expect(received).rejects.toBe(reason);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("and does not begin when it is aborted before", async () => {
      const reason = new Error("the client has gone");
      const source = inChunks(sampleContent(10));
      await expect(store.receive(source, 10, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await readdir(incoming)).toEqual([]);
    });

    test("until it is closed: what is arriving then is refused and removed", async () => {
      const waiting = Promise.withResolvers<void>();
      const source = async function* () {
        yield sampleContent(100_000);
        waiting.resolve();
        await new Promise(() => {});
      };
      const refused = expect(store.receive(source(), 1_000_000)).rejects.toMatchObject({
        code: "storage_error",
      });
      await waiting.promise;
      await store.close();
      await refused;
      expect(await readdir(incoming)).toEqual([]);
      await store.close();
      await expect(receive(store, sampleContent(1))).rejects.toMatchObject({ code: "storage_error" });
    });
  });
}
