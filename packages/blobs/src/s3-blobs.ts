import { join, resolve } from "node:path";
import type { BlobStore, ByteRange, ReceivedBlob } from "@gateway/engine";
import { checkHash, checkRange } from "./content-request.ts";
import { storageClosed } from "./errors.ts";
import { type Incoming, type IncomingFile, openIncoming } from "./incoming.ts";
import { ReceivedFile } from "./received-file.ts";
import { toBucketAddress } from "./s3-address.ts";
import { S3Objects } from "./s3-objects.ts";

/** Settings of {@link openS3Blobs}. */
export interface S3BlobsOptions {
  /** Address of the service, such as `https://s3.eu-central-1.amazonaws.com`; the bucket follows in the path. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Begins the key of every object, such as `files/`; none when left out. */
  prefix?: string | undefined;
  /** Where content waits until its hash is known; created with mode 0700. One process at a time may use it. */
  spoolDir: string;
  /** Milliseconds for which the server may keep still before a call fails; 30,000. */
  timeoutMs?: number | undefined;
  /** Content of more bytes is sent in parts of this size; 16 MiB. S3 wants at least 5 MiB. */
  partBytes?: number | undefined;
}

/**
 * Keeps content in a bucket of an S3-speaking object store, as objects named `prefix` + hash. It is received into a
 * file in `spoolDir/incoming` first: only then is it known whether the bucket has it. The server is not asked
 * anything here, so that a gateway starts without it.
 *
 * @throws StoreError for settings that cannot work and a spool directory that cannot be written; secrets are not
 * in the message.
 */
export async function openS3Blobs(options: S3BlobsOptions): Promise<BlobStore> {
  const { region, accessKeyId, secretAccessKey } = options;
  const objects = {
    address: toBucketAddress(options),
    region,
    accessKeyId,
    secretAccessKey,
    timeoutMs: options.timeoutMs ?? 30_000,
    partBytes: options.partBytes ?? 16 * 1024 * 1024,
  };
  const incoming = await openIncoming(join(resolve(options.spoolDir), "incoming"));
  return new S3Blobs(new S3Objects(objects), incoming, options.prefix ?? "");
}

class S3Blobs implements BlobStore {
  readonly #objects: S3Objects;
  readonly #incoming: Incoming;
  readonly #prefix: string;

  constructor(objects: S3Objects, incoming: Incoming, prefix: string) {
    this.#objects = objects;
    this.#incoming = incoming;
    this.#prefix = prefix;
  }

  async receive(
    source: AsyncIterable<Uint8Array>,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<ReceivedBlob> {
    const file = await this.#incoming.receive(source, maxBytes, signal);
    return new ReceivedFile(file, this.#place);
  }

  /** A span that ends behind the content is cut there; one that begins there is a `storage_error`. */
  async read(hash: string, range?: ByteRange): Promise<ReadableStream<Uint8Array>> {
    const key = this.#keyOf(hash);
    checkRange(range);
    return this.#objects.get(key, range);
  }

  async delete(hash: string): Promise<void> {
    await this.#objects.delete(this.#keyOf(hash));
  }

  /** Also cuts off what is being sent or read. */
  async close(): Promise<void> {
    await this.#incoming.close();
    await this.#objects.close();
  }

  /** Sends content unless it is there, in its full length. */
  readonly #place = async (file: IncomingFile): Promise<void> => {
    const key = this.#keyOf(file.hash);
    if ((await this.#objects.size(key)) !== file.bytes) await this.#objects.put(key, file);
  };

  #keyOf(hash: string): string {
    if (this.#incoming.closed) throw storageClosed();
    return this.#prefix + checkHash(hash);
  }
}
