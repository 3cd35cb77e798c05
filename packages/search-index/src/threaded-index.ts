import type { IndexChunk, IndexDocument, IndexHit, IndexQuery, SearchIndex } from "@gateway/engine";
import type { Attributes } from "@gateway/protocol";
import { type PackedVectors, packVectors } from "./pack-vectors.ts";
import { SearchIndexError, saysDamaged } from "./storage/errors.ts";
import type { ReaderTasks, WriterTasks } from "./tasks.ts";
import { IndexWorker } from "./thread/index-worker.ts";
import { ReaderPool } from "./thread/reader-pool.ts";

/** Threads that search; the second one starts when a search comes while the first is busy. */
const readers = 2;

/** What a {@link ThreadedIndex} is made with. */
export interface ThreadedIndexOptions {
  file: string;
  /** Milliseconds without work after which a thread is ended. */
  idleMs: number;
  onProblem(problem: Error): void;
  /** Told when the file was begun anew: nothing of what was in it is there. */
  onRenewed(): void;
  /** Called once when all is closed. */
  onClosed?: ((file: string) => Promise<void>) | undefined;
}

/** A {@link SearchIndex} whose work is done by a writing thread and reading ones. All methods reject with a SearchIndexError. */
export class ThreadedIndex implements SearchIndex {
  readonly #options: ThreadedIndexOptions;
  readonly #writer: IndexWorker<WriterTasks>;
  readonly #readers: ReaderPool;
  /** Done when the writing thread has made the file ready for readers. */
  #ready: Promise<void> | undefined;
  /** What is to be read, also where it still waits for the file or a thread. */
  readonly #reads = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor(options: ThreadedIndexOptions) {
    const { file, idleMs, onProblem, onRenewed } = options;
    this.#options = options;
    this.#writer = new IndexWorker(
      { role: "writer", file },
      {
        idleMs,
        onProblem,
        onRenewed: (reason) => {
          // Those that are there have the former file open.
          void this.#readers.closed();
          onProblem(reason);
          onRenewed();
        },
      },
    );
    this.#readers = new ReaderPool(
      Array.from({ length: readers }, () => new IndexWorker({ role: "reader", file }, { idleMs, onProblem })),
    );
  }

  begin({ document, store, attributes, model }: IndexDocument): Promise<void> {
    return this.#write("begin", { document, store, attributes, model });
  }

  async append(document: number, chunks: readonly IndexChunk[]): Promise<void> {
    const vectors = packVectors(chunks.map(({ vector }) => vector));
    const texts = chunks.map(({ text }) => text);
    const starts = chunks.map(({ start }) => start);
    await this.#write("append", { document, texts, starts, vectors }, vectors);
  }

  seal(document: number): Promise<number> {
    return this.#write("seal", document);
  }

  remove(documents: readonly number[]): Promise<void> {
    return this.#write("remove", documents);
  }

  removeStore(store: number): Promise<void> {
    return this.#write("removeStore", store);
  }

  setAttributes(document: number, attributes: Attributes): Promise<void> {
    return this.#write("setAttributes", { document, attributes });
  }

  async replaceVectors(
    document: number,
    model: string,
    ordinal: number,
    vectors: readonly Float32Array[],
  ): Promise<boolean> {
    const packed = packVectors(vectors);
    return this.#write("replaceVectors", { document, model, ordinal, vectors: packed }, packed);
  }

  async search(
    { stores, queries, model, filter, limit, weights }: IndexQuery,
    signal?: AbortSignal,
  ): Promise<IndexHit[]> {
    // A view would be sent together with the whole buffer that it is a view of.
    const own = queries.map(({ text, vector }) => ({ text, vector: vector?.slice() }));
    return this.#read("search", { stores, queries: own, model, filter, limit, weights }, signal);
  }

  text(document: number): Promise<string | undefined> {
    return this.#read("text", document);
  }

  documents(after: number, limit: number): Promise<number[]> {
    return this.#read("documents", { after, limit });
  }

  documentsOfOtherModels(model: string, after: number, limit: number): Promise<number[]> {
    return this.#read("documentsOfOtherModels", { model, after, limit });
  }

  chunkTexts(document: number, ordinal: number, limit: number): Promise<string[]> {
    return this.#read("chunkTexts", { document, ordinal, limit });
  }

  /** Lets calls under way end, removals early: what they leave is not found and is wiped out after the next start. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#reads);
    await this.#ready?.catch(() => {});
    await this.#readers.closed();
    await this.#writer.close();
    await this.#options.onClosed?.(this.#options.file);
  }

  async #write<K extends keyof WriterTasks>(
    task: K,
    argument: WriterTasks[K]["argument"],
    vectors?: PackedVectors,
  ): Promise<WriterTasks[K]["result"]> {
    this.#assertOpen();
    return this.#watch(this.#writer.call(task, argument, vectors ? [vectors.numbers.buffer] : []));
  }

  async #read<K extends keyof ReaderTasks>(
    task: K,
    argument: ReaderTasks[K]["argument"],
    signal?: AbortSignal,
  ): Promise<ReaderTasks[K]["result"]> {
    this.#assertOpen();
    const answer = this.#open().then(() => this.#watch(this.#readers.call(task, argument, signal)));
    this.#reads.add(answer);
    try {
      return await answer;
    } finally {
      this.#reads.delete(answer);
    }
  }

  #open(): Promise<void> {
    this.#ready ??= this.#writer.call("open", null).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  /** Where a call finds that the file is damaged, it is begun anew, and the call rejects all the same. */
  async #watch<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      if (saysDamaged(error)) await this.#renew((error as Error).message).catch(() => {});
      throw error;
    }
  }

  async #renew(reason: string): Promise<void> {
    const before = this.#ready;
    await before?.catch(() => {});
    // Another call has found it at the same time and has seen to it.
    if (this.#closed !== undefined || this.#ready !== before) return;
    this.#ready = this.#readers.closed(() => this.#writer.call("renew", `it is damaged (${reason})`));
    this.#ready.catch(() => {
      this.#ready = undefined;
    });
    await this.#ready;
  }

  #assertOpen(): void {
    if (this.#closed !== undefined) throw new SearchIndexError("The search index is closed.");
  }
}
