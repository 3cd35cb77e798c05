import { readdir } from "node:fs/promises";
import { inspect } from "node:util";
import type { BlobStore } from "@gateway/engine";
import { tempDir, waitFor } from "@gateway/testkit";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { digest, keepContent, readContent, receive, sampleContent } from "./contract/blob-bench.ts";
import { blobStoreContract } from "./contract/blob-store-contract.ts";
import { type S3Front, startS3Front } from "./contract/s3-front.ts";
import { openS3Blobs, type S3BlobsOptions } from "./s3-blobs.ts";

const root = tempDir();
afterAll(() => root.remove());
const partBytes = 5 * 1024 * 1024;
const secretAccessKey = "wJalrXUtnFEMI-not-to-be-seen";
const accessKeyId = "AKIA-not-to-be-seen";
let server: FauxqsServer;
let benches = 0;

beforeAll(async () => {
  server = await startFauxqs({ port: 0, host: "127.0.0.1", logger: false });
  server.createBucket("files");
});
afterAll(() => server.stop());

/** A new store: its own objects, its own spool, its own front before the server. */
async function openBench(
  options: Partial<S3BlobsOptions> = {},
): Promise<{ store: BlobStore; front: S3Front; incoming: string; prefix: string }> {
  const prefix = `${++benches}/v=1_a.b/`;
  const front = await startS3Front(server.port, { accessKeyId, secretAccessKey });
  const spoolDir = root.join(prefix);
  const account = { bucket: "files", region: "us-east-1", accessKeyId, secretAccessKey };
  const store = await openS3Blobs({
    endpoint: front.url,
    ...account,
    prefix,
    spoolDir,
    partBytes,
    ...options,
  });
  onTestFinished(async () => {
    await store.close();
    await front.close();
  });
  return { store, front, incoming: root.join(prefix, "incoming"), prefix };
}

/** What a call that must fail was rejected with. */
async function failureOf(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => expect.unreachable("the call must fail"),
    (thrown: Error) => thrown,
  );
}

const storageError = { status: 500, type: "server_error", code: "storage_error" };

blobStoreContract("S3", async () => {
  const { store, front, incoming } = await openBench();
  return { store, incoming, reading: front.running };
});

describe("an S3 bucket of content", () => {
  test("has content under the prefix and its hash", async () => {
    const { store, front, prefix } = await openBench();
    const hash = await keepContent(store, sampleContent(1000));
    expect(front.calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `HEAD /files/${prefix.replace("=", "%3D")}${hash}`,
      `PUT /files/${prefix.replace("=", "%3D")}${hash}`,
    ]);
  });

  test("is not sent what it has, but is what it has not in full", async () => {
    const { store, front } = await openBench();
    const content = sampleContent(1000);
    await keepContent(store, content);
    const puts = (): number => front.calls.filter(({ method }) => method === "PUT").length;
    await keepContent(store, content);
    expect(puts()).toBe(1);
    front.trouble = ({ method }) =>
      method === "HEAD" ? { status: 200, headers: { "content-length": "999" } } : undefined;
    await keepContent(store, content);
    expect(puts()).toBe(2);
  });

  test("takes large content in parts, none of which is larger than asked for", async () => {
    const { store, front, incoming } = await openBench();
    const content = sampleContent(2 * partBytes + 1_000_000);
    const hash = await keepContent(store, content);
    const sent = front.calls.filter(({ method }) => method === "PUT").map(({ bytes }) => bytes);
    expect(sent).toEqual([partBytes, partBytes, 1_000_000]);
    expect(digest(await readContent(store, hash))).toBe(hash);
    const span = { start: partBytes - 5, end: partBytes + 4 };
    expect(await readContent(store, hash, span)).toEqual(content.slice(partBytes - 5, partBytes + 5));
    expect(await readdir(incoming)).toEqual([]);
  });

  test.each([[503], [500], [429], ["drop" as const]])("is asked once more after %s", async (what) => {
    const { store, front } = await openBench();
    // Every call fails the first time.
    front.trouble = () => {
      if (front.calls.length % 2 === 0) return undefined;
      return typeof what === "number" ? { status: what } : what;
    };
    const content = sampleContent(partBytes + 1000);
    const hash = await keepContent(store, content);
    expect(digest(await readContent(store, hash))).toBe(hash);
    await store.delete(hash);
    const made = front.calls.filter((_, n) => n % 2 === 1).map(({ method }) => method);
    expect(made).toEqual(["HEAD", "POST", "PUT", "PUT", "POST", "HEAD", "GET", "DELETE"]);
    expect(front.calls).toHaveLength(2 * made.length);
  });

  test("is asked twice and no more: then content is refused, and nothing is left of it", async () => {
    const { store, front, incoming } = await openBench();
    front.trouble = ({ method }) => (method === "PUT" ? { status: 503 } : undefined);
    for (const bytes of [1000, partBytes + 1000]) {
      front.calls = [];
      const error = await failureOf(keepContent(store, sampleContent(bytes)));
      expect(error).toMatchObject({
        ...storageError,
        cause: { message: "The object store answered 503 (Unknown) when asked to keep content." },
      });
      expect(front.calls.filter(({ method }) => method === "PUT")).toHaveLength(2);
      expect(await readdir(incoming)).toEqual([]);
    }
    expect(front.calls.at(-1)).toMatchObject({ method: "DELETE", url: expect.stringContaining("uploadId=") });
  });

  test("has content whose last answer was lost on the way", async () => {
    const { store, front } = await openBench();
    const content = sampleContent(partBytes + 1000);
    let lost = 0;
    front.trouble = ({ method, url }) => {
      if (method !== "POST" || !url.includes("uploadId=") || lost > 0) return undefined;
      lost += 1;
      return "lose the answer";
    };
    const hash = await keepContent(store, content);
    expect(lost).toBe(1);
    expect(digest(await readContent(store, hash))).toBe(hash);
  });

  test("has nothing where it says in a 200 that the parts could not be put together", async () => {
    const { store, front } = await openBench();
    front.trouble = ({ method, url }) =>
      method === "POST" && url.includes("uploadId=")
        ? { status: 200, body: "<Error><Code>InternalError</Code></Error>" }
        : undefined;
    const received = await receive(store, sampleContent(partBytes + 1000));
    await expect(received.keep()).rejects.toMatchObject(storageError);
    await expect(store.read(received.hash)).rejects.toMatchObject(storageError);
  });

  test("that keeps still is not waited for", async () => {
    const { store, front } = await openBench({ timeoutMs: 50 });
    front.trouble = () => "hang";
    const received = await receive(store, sampleContent(1000));
    const hash = received.hash;
    const errors = await Promise.all([received.keep(), store.read(hash), store.delete(hash)].map(failureOf));
    for (const error of errors) expect(error).toMatchObject(storageError);
    expect(front.calls).toHaveLength(3);
  });

  test("that has another secret refuses everything", async () => {
    const { store } = await openBench({ secretAccessKey: "another" });
    const error = await failureOf(keepContent(store, sampleContent(1000)));
    expect(error).toMatchObject({
      ...storageError,
      cause: { message: expect.stringContaining("answered 403") },
    });
  });

  test("that cannot be reached is a storage error, whose cause says why", async () => {
    const { store, front } = await openBench();
    const received = await receive(store, sampleContent(1000));
    await front.close();
    const error = await failureOf(received.keep());
    expect(error).toMatchObject(storageError);
    expect(inspect(error)).toContain("ECONNREFUSED");
  });

  test("that cuts an answer off makes the read err", async () => {
    const { store, front } = await openBench();
    const hash = await keepContent(store, sampleContent(2_000_000));
    front.trouble = () => "cut";
    await expect(readContent(store, hash)).rejects.toMatchObject(storageError);
  });

  test("that answers with something else than was asked for is not believed", async () => {
    const { store, front } = await openBench();
    const hash = await keepContent(store, sampleContent(1000));
    for (const status of [200, 204, 301]) {
      front.trouble = () => ({ status, headers: { location: "/elsewhere" } });
      await expect(store.read(hash, { start: 0, end: 9 })).rejects.toMatchObject(storageError);
    }
    await waitFor(() => front.running() === 0, { what: "the calls to end" });
  });

  test("that refuses the key tells nothing of it to anybody", async () => {
    const { store, front } = await openBench();
    const body = `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId>
      <StringToSign>${secretAccessKey}</StringToSign></Error>`;
    front.trouble = () => ({ status: 403, body, headers: { "content-type": "application/xml" } });
    const hash = digest(sampleContent(1000));
    const calls = [keepContent(store, sampleContent(1000)), store.read(hash), store.delete(hash)];
    const errors = await Promise.all(calls.map(failureOf));
    for (const error of errors) {
      expect(error).toMatchObject(storageError);
      expect(error.message).not.toMatch(/object store|403|http/);
      expect(inspect(error, { depth: 10 })).not.toContain("not-to-be-seen");
    }
    expect(inspect(errors[1])).toContain("answered 403 (SignatureDoesNotMatch) when asked to read content");
  });

  test("is let go when the store is closed, whatever is being read", async () => {
    const { store, front } = await openBench();
    const hash = await keepContent(store, sampleContent(8_000_000));
    const reader = (await store.read(hash)).getReader();
    await reader.read();
    await store.close();
    await store.close();
    await waitFor(() => front.running() === 0, { what: "the read to be cut off" });
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    await expect(rest()).rejects.toMatchObject(storageError);
  });
});
