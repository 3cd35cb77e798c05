import { randomUUID } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BlobStore } from "@gateway/engine";
import { tempDir } from "@gateway/testkit";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { keepContent, readContent, receive, sampleContent } from "./contract/blob-bench.ts";
import { blobStoreContract } from "./contract/blob-store-contract.ts";
import { openDirectoryBlobs } from "./directory-blobs.ts";

const root = tempDir();
afterAll(() => root.remove());
let directories = 0;

/** A new directory that is not there yet, each time another one. */
function newDir(): string {
  return root.join(`${++directories}`, "files");
}

/** Files below a directory that this process has open; Linux alone tells. */
function openFiles(dir: string): number {
  if (process.platform !== "linux") return 0;
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(dir);
    } catch {
      return false;
    }
  }).length;
}

blobStoreContract("a directory", async () => {
  const dir = newDir();
  const store = await openDirectoryBlobs({ dir });
  return { store, incoming: join(dir, "incoming"), reading: () => openFiles(dir) };
});

async function openForTest(dir: string): Promise<BlobStore> {
  const store = await openDirectoryBlobs({ dir });
  onTestFinished(() => store.close());
  return store;
}

/** Makes one call of a method of open files fail, the first one or a later one. */
async function failCall(method: "write" | "sync", code: string, which = 1): Promise<Error> {
  const some = await open(root.path);
  const prototype = Object.getPrototypeOf(some) as typeof some;
  await some.close();
  const failure = Object.assign(new Error(`${code}: made to fail, ${root.path}`), { code });
  const original = prototype[method] as (this: unknown, ...args: unknown[]) => Promise<unknown>;
  let calls = 0;
  const spy = vi.spyOn(prototype as Record<typeof method, typeof original>, method);
  spy.mockImplementation(function (this: unknown, ...args) {
    calls += 1;
    return calls === which ? Promise.reject(failure) : original.apply(this, args);
  });
  onTestFinished(() => spy.mockRestore());
  return failure;
}

describe("a directory of content", () => {
  test("is there for its owner only, with all that is in it", async () => {
    const dir = newDir();
    const store = await openForTest(dir);
    const hash = await keepContent(store, sampleContent(1000));
    const arrived = await receive(store, sampleContent(1000, 2));
    const place = join(dir, hash.slice(0, 2), hash.slice(2, 4));
    const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);
    for (const path of [dir, join(dir, "incoming"), join(dir, hash.slice(0, 2)), place]) {
      expect(await mode(path)).toBe("700");
    }
    const [name = ""] = await readdir(join(dir, "incoming"));
    expect(await mode(join(dir, "incoming", name))).toBe("600");
    expect(await mode(join(place, hash))).toBe("600");
    await arrived.discard();
  });

  test("has what was kept, and no leftovers, when it is opened again", async () => {
    const dir = newDir();
    const first = await openDirectoryBlobs({ dir });
    const hash = await keepContent(first, sampleContent(1000));
    await receive(first, sampleContent(1000, 2));
    await first.close();
    await writeFile(join(dir, "incoming", randomUUID()), "half an upload");
    await writeFile(join(dir, "incoming", "README"), "not ours");

    const second = await openForTest(dir);
    expect(await readdir(join(dir, "incoming"))).toEqual(["README"]);
    expect(await readContent(second, hash)).toEqual(sampleContent(1000));
  });

  test("that cannot be used is refused with its name and what to do", async () => {
    const dir = newDir();
    await mkdir(join(dir, ".."), { recursive: true });
    await writeFile(dir, "a file, not a directory");
    const refusal = openDirectoryBlobs({ dir });
    await expect(refusal).rejects.toMatchObject({
      name: "StoreError",
      message: expect.stringContaining(`Cannot use the directory ${join(dir, "incoming")}`),
    });
  });

  test("says of a full disk no more than that storage failed, and leaves nothing", async () => {
    const dir = newDir();
    const store = await openForTest(dir);
    const cause = await failCall("write", "ENOSPC", 3);
    const error: unknown = await receive(store, sampleContent(200_000)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 500, code: "storage_error", cause });
    expect((error as Error).message).not.toContain(root.path);
    expect(await readdir(join(dir, "incoming"))).toEqual([]);
  });

  test("says so when content cannot be put in place, of which nothing is left", async () => {
    const dir = newDir();
    const store = await openForTest(dir);
    const received = await receive(store, sampleContent(1000));
    const cause = await failCall("sync", "EIO");
    await expect(received.keep()).rejects.toMatchObject({ code: "storage_error", cause });
    expect(await readdir(dir)).toEqual(["incoming"]);
    expect(await readdir(join(dir, "incoming"))).toEqual([]);
    expect(await keepContent(store, sampleContent(1000))).toBe(received.hash);
  });

  test("works again once it is put back", async () => {
    const dir = newDir();
    const store = await openForTest(dir);
    await keepContent(store, sampleContent(1000));
    await rename(dir, `${dir}.away`);
    await expect(receive(store, sampleContent(1))).rejects.toMatchObject({ code: "storage_error" });
    await rename(`${dir}.away`, dir);
    const hash = await keepContent(store, sampleContent(1));
    await rm(join(dir, hash.slice(0, 2)), { recursive: true });
    expect(await keepContent(store, sampleContent(1))).toBe(hash);
    expect(await readContent(store, hash)).toEqual(sampleContent(1));
  });

  test("errs where kept content has become shorter than it was when the read began", async () => {
    const dir = newDir();
    const store = await openForTest(dir);
    const hash = await keepContent(store, sampleContent(500_000));
    const reader = (await store.read(hash)).getReader();
    await reader.read();
    await writeFile(join(dir, hash.slice(0, 2), hash.slice(2, 4), hash), "");
    await expect(reader.read()).rejects.toMatchObject({ status: 500, code: "storage_error" });
    expect(openFiles(dir)).toBe(0);
  });
});
