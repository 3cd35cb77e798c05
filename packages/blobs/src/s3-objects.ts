import { openAsBlob } from "node:fs";
import type { ByteRange } from "@gateway/engine";
import { ApiError } from "@gateway/protocol";
import { S3mini } from "s3mini";
import { missingContent, outsideContent, toStorageError } from "./errors.ts";
import type { IncomingFile } from "./incoming.ts";
import { statusOf, toS3Failure } from "./s3-failure.ts";
import { openS3Fetch, type S3Fetch } from "./s3-fetch.ts";

/** What is needed to speak to a bucket; checked by the caller. */
export interface S3ObjectsOptions {
  /** Address of the bucket, path style. */
  address: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  timeoutMs: number;
  /** Content of more bytes is sent in parts of this size. */
  partBytes: number;
}

/** S3 takes no more parts for one object. */
const maxParts = 10_000;

/** The objects of a bucket. Everything rejects with `storage_error`; the cause says what the server answered. */
export class S3Objects {
  readonly #s3: S3mini;
  readonly #connections: S3Fetch;
  readonly #partBytes: number;

  constructor({ address, timeoutMs, partBytes, ...account }: S3ObjectsOptions) {
    this.#connections = openS3Fetch(timeoutMs);
    this.#partBytes = partBytes;
    this.#s3 = new S3mini({ ...account, endpoint: address, fetch: this.#connections.fetch });
  }

  /** Bytes of an object; undefined where there is none. */
  async size(key: string): Promise<number | undefined> {
    try {
      return await this.#s3.getContentLength(key);
    } catch (thrown) {
      if (statusOf(thrown) === 404) return undefined;
      throw toStorageError(toS3Failure(thrown, "look for"), "read from");
    }
  }

  /** Sends a file, read from the disk as it goes out; in parts where it is large. Fine to do again. */
  async put(key: string, file: IncomingFile): Promise<void> {
    const content = await openAsBlob(file.path);
    try {
      if (file.bytes > this.#partBytes) return await this.#putParts(key, content);
      // The server compares. s3mini passes any header on, though its type knows those of AWS alone.
      const digest = { "content-md5": Buffer.from(file.md5, "hex").toString("base64") };
      await this.#s3.putObject(
        key,
        content,
        undefined,
        undefined,
        digest as Record<`x-amz-${string}`, string>,
      );
    } catch (thrown) {
      throw toStorageError(thrown instanceof ApiError ? thrown : toS3Failure(thrown, "keep"), "write to");
    }
  }

  /** Reads an object, all or a span of it, at the pace of the reader. */
  async get(key: string, range: ByteRange | undefined): Promise<ReadableStream<Uint8Array>> {
    let response: Response;
    try {
      response =
        range === undefined
          ? await this.#s3.getObjectRaw(key)
          : await this.#s3.getObjectRaw(key, false, range.start, range.end + 1);
    } catch (thrown) {
      const status = statusOf(thrown);
      const failure = toS3Failure(thrown, "read");
      if (status === 404) throw missingContent(failure);
      if (status === 416) throw outsideContent(failure);
      throw toStorageError(failure, "read from");
    }
    // A server that does not know ranges sends everything.
    if (response.status !== (range === undefined ? 200 : 206)) {
      await response.body?.cancel();
      const failure = new Error(`The object store answered ${response.status} when asked to read content.`);
      throw toStorageError(failure, "read from");
    }
    return withStorageErrors(response.body);
  }

  /** Removes an object; what is not there is no error. */
  async delete(key: string): Promise<void> {
    try {
      await this.#s3.deleteObject(key);
    } catch (thrown) {
      if (statusOf(thrown) === 404) return;
      throw toStorageError(toS3Failure(thrown, "delete"), "write to");
    }
  }

  /** Ends all calls, also those whose content is being read. */
  close(): Promise<void> {
    return this.#connections.destroy();
  }

  async #putParts(key: string, content: Blob): Promise<void> {
    const step = Math.max(this.#partBytes, Math.ceil(content.size / maxParts));
    const uploadId = await this.#s3.getMultipartUploadId(key);
    try {
      const parts = [];
      for (let start = 0; start < content.size; start += step) {
        const part = content.slice(start, start + step);
        parts.push(await this.#s3.uploadPart(key, uploadId, part, parts.length + 1));
      }
      await this.#complete(key, uploadId, parts, content.size);
    } catch (thrown) {
      await this.#s3.abortMultipartUpload(key, uploadId).catch(() => {});
      throw thrown;
    }
  }

  /**
   * Puts the parts together. S3 may fail in the body of a 200, and where the answer to a first attempt was lost the
   * second is told that there is no such upload: what counts is whether the object is there, with its length.
   */
  async #complete(
    key: string,
    uploadId: string,
    parts: { partNumber: number; etag: string }[],
    bytes: number,
  ): Promise<void> {
    let failure: unknown;
    try {
      await this.#s3.completeMultipartUpload(key, uploadId, parts);
    } catch (thrown) {
      failure = thrown;
    }
    if ((await this.size(key)) === bytes) return;
    throw failure ?? new Error("the parts were not put together");
  }
}

/** The content of an answer, whose failures are `storage_error`; nothing is read before the reader asks. */
function withStorageErrors(body: ReadableStream<Uint8Array> | null): ReadableStream<Uint8Array> {
  const reader = body?.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await reader?.read();
          if (next === undefined || next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (thrown) {
          controller.error(toStorageError(toS3Failure(thrown, "read"), "read from"));
        }
      },
      async cancel() {
        await reader?.cancel().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}
