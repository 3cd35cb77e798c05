import { writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { tempDir } from "@gateway/testkit";
import { afterAll, describe, expect, test, vi } from "vitest";
import { sampleContent } from "./contract/blob-bench.ts";
import { readSpan } from "./read-span.ts";

const dir = tempDir();
afterAll(() => dir.remove());
const content = sampleContent(1_000_000);
writeFileSync(dir.join("content"), content);

const openContent = (): Promise<FileHandle> => open(dir.join("content"));

describe("reading a span of a file", () => {
  test("reads no more than it is asked for", async () => {
    const handle = await openContent();
    const read = vi.spyOn(handle, "read");
    const reader = (await readSpan(handle, 0, content.byteLength)).getReader();
    expect(read).toHaveBeenCalledTimes(0);
    for (let asked = 1; asked <= 3; asked++) {
      expect((await reader.read()).value?.byteLength).toBe(65_536);
      expect(read).toHaveBeenCalledTimes(asked);
    }
    await reader.cancel();
    expect(handle.fd).toBe(-1);
  });

  test("closes the file with the last byte, before it says that this was all", async () => {
    const handle = await openContent();
    const reader = (await readSpan(handle, 10, 20)).getReader();
    expect((await reader.read()).value).toEqual(content.slice(10, 20));
    expect(handle.fd).toBe(-1);
    expect((await reader.read()).done).toBe(true);
  });

  test("closes the file at once where there is nothing to read", async () => {
    const handle = await openContent();
    const stream = await readSpan(handle, 5, 5);
    expect(handle.fd).toBe(-1);
    expect((await stream.getReader().read()).done).toBe(true);
  });

  test("closes the file when a read fails, and hides why", async () => {
    const handle = await openContent();
    const cause = new Error("EIO: i/o error, read");
    vi.spyOn(handle, "read").mockRejectedValueOnce(cause);
    const reader = (await readSpan(handle, 0, 100)).getReader();
    await expect(reader.read()).rejects.toMatchObject({ status: 500, code: "storage_error", cause });
    expect(handle.fd).toBe(-1);
  });

  test("closes the file when it is cancelled while a read is under way", async () => {
    const handle = await openContent();
    const reader = (await readSpan(handle, 0, 100)).getReader();
    const last = reader.read();
    await reader.cancel();
    expect((await last).done).toBe(true);
    expect(handle.fd).toBe(-1);
  });
});
