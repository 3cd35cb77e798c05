import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, parse } from "node:path";
import { openDirectoryBlobs, openS3Blobs } from "@gateway/blobs";
import { openEmbeddedEmbedder, openServerEmbedder } from "@gateway/embeddings";
import type { BlobStore, Embedder, TextExtractor } from "@gateway/engine";
import { openTextExtractor } from "@gateway/extraction";
import { type Knowledge, openKnowledge } from "@gateway/knowledge";
import { openSearchIndex } from "@gateway/search-index";
import type { Store } from "@gateway/store";
import type { Config } from "./config/config.ts";
import { sleepUntilWritten } from "./sleeping-index.ts";
import type { Logger } from "./telemetry/logger.ts";

/** Files, vector stores and all that they need, as configured. */
export interface OpenedKnowledge {
  knowledge: Knowledge;
  /** Reads what comes with requests. */
  extractor: Pick<TextExtractor, "extract">;
  /** Lets the background work begin, without waiting for it; trouble is logged and tried again. */
  start(): void;
  /** Ends the background work, then everything below it but the store. */
  close(): Promise<void>;
}

/**
 * Opens blobs, index, embedder and extractor and what works with them. None of the heavy parts is loaded or started
 * before it is needed. Rejects, with everything closed again, where a directory cannot be written.
 */
export async function openConfiguredKnowledge(
  config: Config,
  store: Store,
  log: Logger,
): Promise<OpenedKnowledge> {
  const onFault = (message: string, cause?: unknown) => log.warn({ err: cause }, message);
  const files = await openFileContent(config.store);
  const embedder = openEmbedder(config, (fault) => onFault(fault.message, fault.cause));
  // Two, so that a request with a file does not wait for those that are taken into vector stores.
  const extractor = openTextExtractor({ onFault });
  const requestExtractor = openTextExtractor({ onFault });
  const indexPath = indexPathOf(config.store.path);
  const index = sleepUntilWritten(
    openSearchIndex({
      path: indexPath,
      onProblem: (problem) => onFault("search index", problem),
      onRenewed: () => knowledge.indexRenewed(),
    }),
    !existsSync(indexPath),
  );
  const knowledge: Knowledge = openKnowledge({
    files: store.files,
    uploads: store.uploads,
    blobIndex: store.blobs,
    vectorStores: store.vectorStores,
    jobs: store.jobs,
    blobs: files.blobs,
    index,
    embedder,
    extractor,
    requestExtractor,
    settings: toSettings(config),
    now: Date.now,
    onFault,
  });

  return {
    knowledge,
    extractor: requestExtractor,
    start() {
      void knowledge.start();
    },
    async close() {
      await knowledge.close();
      await Promise.all([index.close(), extractor.close(), requestExtractor.close(), embedder.close()]);
      await files.close();
    },
  };
}

function toSettings({ store: { files }, tools: { file_search: search } }: Config) {
  return {
    maxFileBytes: files.max_bytes,
    maxPartBytes: files.part_max_bytes,
    maxUploadBytes: files.upload_max_bytes,
    quota: { files: files.quota_files, bytes: files.quota_bytes },
    chunking: { max_chunk_size_tokens: search.chunk_tokens, chunk_overlap_tokens: search.overlap },
  };
}

/** A store in memory has its files in a temporary directory, which goes with it. */
async function openFileContent({
  path,
  files,
}: Config["store"]): Promise<{ blobs: BlobStore; close(): Promise<void> }> {
  const temporary = path === ":memory:" && files.dir === undefined;
  const dir = temporary
    ? await mkdtemp(join(tmpdir(), "gateway-files-"))
    : (files.dir ?? join(dirname(path), "files"));
  const removeAtExit = () => rmSync(dir, { recursive: true, force: true });
  if (temporary) process.once("exit", removeAtExit);
  const { s3 } = files;
  const blobs = s3
    ? await openS3Blobs({
        endpoint: s3.endpoint,
        bucket: s3.bucket,
        region: s3.region,
        accessKeyId: s3.access_key_id,
        secretAccessKey: s3.secret_access_key,
        prefix: s3.prefix,
        spoolDir: dir,
      })
    : await openDirectoryBlobs({ dir });
  return {
    blobs,
    async close() {
      await blobs.close();
      if (!temporary) return;
      process.off("exit", removeAtExit);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** `data/gateway-index.db` beside `data/gateway.db`. */
function indexPathOf(database: string): string {
  if (database === ":memory:") return database;
  const { dir, name, ext } = parse(database);
  return join(dir, `${name}-index${ext}`);
}

function openEmbedder(
  { embeddings, backends, discover, timeout }: Config,
  onFault: (fault: Error) => void,
): Embedder {
  if (embeddings === undefined) return openEmbeddedEmbedder({ onFault });
  const { backend, model } = embeddings;
  // The check of the configuration lets no other name through than the one that is looked for.
  const { url, key } = backends[backend] ?? { url: discover.ollama, key: undefined };
  const { connect, first_byte: firstByte, idle, total } = timeout;
  return openServerEmbedder({
    name: backend,
    url,
    key,
    model,
    timeouts: { connect, firstByte, idle, total },
  });
}
