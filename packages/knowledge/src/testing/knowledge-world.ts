import { openDirectoryBlobs } from "@gateway/blobs";
import type { BlobStore, Embedder, SearchIndex, TextExtractor } from "@gateway/engine";
import { type FileObject, newId, type VectorStoreFileObject } from "@gateway/protocol";
import { openStore, type Store } from "@gateway/store";
import { tempDir, waitFor } from "@gateway/testkit";
import { onTestFinished } from "vitest";
import type { Knowledge } from "../knowledge.ts";
import { openKnowledge } from "../open-knowledge.ts";
import type { KnowledgeSettings } from "../settings.ts";
import { FakeEmbedder } from "./fake-embedder.ts";
import { FakeExtractor } from "./fake-extractor.ts";
import { MemoryIndex } from "./memory-index.ts";

/** What a world is made of, where it is not the default. */
export interface WorldOptions<I, E, X> {
  index?: I;
  embedder?: E;
  extractor?: X;
  /** Another one for the files of requests. */
  requestExtractor?: TextExtractor;
  settings?: Partial<KnowledgeSettings>;
}

/** Knowledge over a real store and real blobs, with a clock that can be put forward. */
export interface KnowledgeWorld<I = MemoryIndex, E = FakeEmbedder, X = FakeExtractor> {
  knowledge: Knowledge;
  store: Store;
  blobs: BlobStore;
  index: I;
  embedder: E;
  extractor: X;
  tenant: string;
  /** What was reported as trouble. */
  faults: { message: string; cause?: unknown }[];
  /** Puts the clock forward. */
  pass(seconds: number): void;
  /** Adds a file with this text. */
  addFile(text: string | Uint8Array, filename?: string, expiresAfter?: number): Promise<FileObject>;
  /** The file in the store once it is no longer in progress. */
  settled(storeId: string, fileId: string): Promise<VectorStoreFileObject>;
  close(): Promise<void>;
  /** Another service over the same stores, as after a restart. */
  reopen(other?: { embedder?: Embedder; settings?: Partial<KnowledgeSettings> }): Promise<Knowledge>;
}

/** Opens a world that ends with the test. The service is not started. */
export async function openWorld<
  I extends SearchIndex = MemoryIndex,
  E extends Embedder = FakeEmbedder,
  X extends TextExtractor = FakeExtractor,
>(options: WorldOptions<I, E, X> = {}): Promise<KnowledgeWorld<I, E, X>> {
  const world = await openWorldWith(options);
  onTestFinished(world.close);
  return world;
}

/** The same for whoever closes it. */
export async function openWorldWith<
  I extends SearchIndex = MemoryIndex,
  E extends Embedder = FakeEmbedder,
  X extends TextExtractor = FakeExtractor,
>(options: WorldOptions<I, E, X>): Promise<KnowledgeWorld<I, E, X>> {
  const dir = tempDir();
  const store = openStore({ path: ":memory:" });
  const blobs = await openDirectoryBlobs({ dir: dir.join("blobs") });
  const index = (options.index ?? new MemoryIndex()) as I;
  const embedder = (options.embedder ?? new FakeEmbedder()) as E;
  const extractor = (options.extractor ?? new FakeExtractor()) as X;
  const faults: { message: string; cause?: unknown }[] = [];
  const opened: Knowledge[] = [];
  let ahead = 0;
  const open = (embedderOfThis: Embedder, settings?: Partial<KnowledgeSettings>): Knowledge => {
    const knowledge = openKnowledge({
      files: store.files,
      uploads: store.uploads,
      vectorStores: store.vectorStores,
      jobs: store.jobs,
      blobIndex: store.blobs,
      blobs,
      index,
      embedder: embedderOfThis,
      extractor,
      requestExtractor: options.requestExtractor,
      settings: { ...options.settings, ...settings },
      now: () => Date.now() + ahead,
      onFault: (message, cause) => void faults.push({ message, cause }),
    });
    opened.push(knowledge);
    return knowledge;
  };
  const knowledge = open(embedder);
  const close = async (): Promise<void> => {
    for (const each of opened) await each.close();
    await Promise.all([embedder.close(), extractor.close(), index.close()]);
    await store.close();
    await blobs.close();
    dir.remove();
  };
  const tenant = "acme";
  return {
    knowledge,
    store,
    blobs,
    index,
    embedder,
    extractor,
    tenant,
    faults,
    close,
    pass(seconds) {
      ahead += seconds * 1000;
    },
    async addFile(text, filename = `${newId("item")}.txt`, expiresAfter) {
      const content = typeof text === "string" ? new TextEncoder().encode(text) : text;
      const received = await knowledge.files.receive(ReadableStream.from([content]));
      return knowledge.files.create(tenant, { filename, purpose: "assistants", expiresAfter }, received);
    },
    settled: (storeId, fileId) =>
      waitFor(
        async () => {
          const file = await knowledge.stores.getFile(tenant, storeId, fileId);
          return file.status === "in_progress" ? undefined : file;
        },
        { what: `file ${fileId} to be taken in`, timeoutMs: 25_000, everyMs: 2 },
      ),
    async reopen(other = {}) {
      await opened.at(-1)?.close();
      return open(other.embedder ?? embedder, other.settings);
    },
  };
}
