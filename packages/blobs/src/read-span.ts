import type { FileHandle } from "node:fs/promises";
import { missingContent, toStorageError } from "./errors.ts";

/** Bytes of one chunk, and the most that is read ahead of the reader: nothing before it asks. */
const chunkBytes = 64 * 1024;

/**
 * Reads the bytes from `from` up to and without `to` of an open file, at the pace of the reader, and closes the
 * file: with the last byte, when the stream is cancelled, and when reading fails. The stream then errs with
 * `storage_error`, as it does where the file turns out to be shorter.
 */
export async function readSpan(
  handle: FileHandle,
  from: number,
  to: number,
): Promise<ReadableStream<Uint8Array>> {
  let position = from;
  let cancelled = false;
  if (position >= to) await handle.close();
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (position >= to) controller.close();
      },
      async pull(controller) {
        try {
          const chunk = await readChunk(handle, position, Math.min(chunkBytes, to - position));
          position += chunk.byteLength;
          if (position >= to) await handle.close();
          if (cancelled) return;
          controller.enqueue(chunk);
          if (position >= to) controller.close();
        } catch (thrown) {
          await handle.close().catch(() => {});
          if (!cancelled) controller.error(toStorageError(thrown, "read from"));
        }
      },
      async cancel() {
        cancelled = true;
        // Waits for a read that is under way.
        await handle.close().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

async function readChunk(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const chunk = new Uint8Array(length);
  const { bytesRead } = await handle.read(chunk, 0, length, position);
  if (bytesRead === 0) throw missingContent();
  return bytesRead === length ? chunk : chunk.subarray(0, bytesRead);
}
