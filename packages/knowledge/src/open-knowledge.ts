import {
  type BlobIndex,
  type BlobStore,
  type Embedder,
  type FileStore,
  type JobStore,
  openJobRunner,
  type SearchIndex,
  type TextExtractor,
  type UploadStore,
  type VectorStores,
} from "@gateway/engine";
import { BlobKeeper } from "./files/blob-keeper.ts";
import { openFiles } from "./files/file-service.ts";
import { openUploads } from "./files/upload-service.ts";
import { openIndexKeeper } from "./ingest/index-keeper.ts";
import { ingestJobs } from "./ingest/ingest-jobs.ts";
import { Ingestion } from "./ingest/ingestion.ts";
import { type Chunker, openChunker } from "./ingest/open-chunker.ts";
import { renewVectors } from "./ingest/renew-vectors.ts";
import type { Knowledge } from "./knowledge.ts";
import { openRequestFiles } from "./request-files/request-file-service.ts";
import { openSearch } from "./search/search-service.ts";
import { defaultSettings, type KnowledgeSettings } from "./settings.ts";
import { openStores } from "./stores/store-service.ts";
import { openSweeper } from "./sweeper.ts";

/** What {@link openKnowledge} works with. All of it stays the caller's to close, after the knowledge. */
export interface KnowledgeDeps {
  files: FileStore;
  uploads: UploadStore;
  blobIndex: BlobIndex;
  blobs: BlobStore;
  vectorStores: VectorStores;
  /** Holds this service's jobs; those of other kinds are left alone. Nothing in it is marked as running. */
  jobs: JobStore;
  /** Whoever opens it calls {@link Knowledge.indexRenewed} when it has lost what it held. */
  index: SearchIndex;
  embedder: Embedder;
  extractor: TextExtractor;
  /** Reads the files of requests, which are not to wait for those of vector stores; `extractor` if left out. */
  requestExtractor?: TextExtractor | undefined;
  /** Cuts the texts of files; one of its own, with a thread, if left out. */
  chunker?: Chunker | undefined;
  /** What is left out is as in {@link defaultSettings}. */
  settings?: Partial<KnowledgeSettings> | undefined;
  /** Unix time in milliseconds. */
  now(): number;
  /** Told of trouble in the background, and of what went on in a lesser way. Never throws. */
  onFault(message: string, cause?: unknown): void;
}

/**
 * Files, uploads, vector stores and search over the given stores. Nothing is taken in before `start`, and not before
 * the index was brought in step with the stores; vectors of another model are made anew in the background.
 */
export function openKnowledge(deps: KnowledgeDeps): Knowledge {
  const settings: KnowledgeSettings = { ...defaultSettings, ...deps.settings };
  const context = { ...deps, settings };
  const closing = new AbortController();
  const keeper = new BlobKeeper(deps);
  const chunker = deps.chunker ?? openChunker();
  const ingestion = new Ingestion({ ...deps, chunker });
  const runner = openJobRunner({ ...deps, kinds: ingestJobs(ingestion, settings.ingestConcurrency) });
  const search = openSearch(deps);
  const onDeleted = (): void => {
    ingestion.stopUnwanted();
    runner.wake("unindex");
  };
  const sweeper = openSweeper({
    ...deps,
    intervalMs: settings.sweepIntervalMs,
    onDeleted,
    sweepBlobs: () => keeper.sweep(),
  });
  let started = false;
  let renewing: Promise<void> | undefined;
  const indexKeeper = openIndexKeeper(
    {
      ...deps,
      onInStep() {
        if (renewing) return runner.wake("ingest");
        runner.start();
        renewing = renewVectors(deps, closing.signal);
      },
    },
    closing.signal,
  );

  return {
    files: openFiles({ ...context, keeper, onDeleted }),
    uploads: openUploads({ ...context, keeper }),
    stores: openStores({
      ...context,
      search,
      wake: (kind) => runner.wake(kind),
      stopUnwanted: () => ingestion.stopUnwanted(),
    }),
    search,
    content: {
      receive: (source, maxBytes, signal) => deps.blobs.receive(source, maxBytes, signal),
      hold: (content, refer) => keeper.hold(content, refer),
      read: (hash, range) => deps.blobs.read(hash, range),
      sweep: () => keeper.sweep(),
    },
    requestFiles: openRequestFiles({ ...context, extractor: deps.requestExtractor ?? deps.extractor }),

    async start() {
      if (closing.signal.aborted) return;
      started = true;
      // What has expired goes, whatever the index is like.
      sweeper.start();
      await indexKeeper.compare();
    },

    indexRenewed() {
      ingestion.beginAgain();
      if (started) void indexKeeper.compare();
    },

    async close() {
      closing.abort(new Error("The server is shutting down."));
      await Promise.all([sweeper.close(), runner.close(), indexKeeper.idle()]);
      await renewing;
      await keeper.idle();
      if (chunker !== deps.chunker) await chunker.close();
    },
  };
}
