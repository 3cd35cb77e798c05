import type {
  Attributes,
  FileBatchObject,
  Page,
  VectorStoreFileListQuery,
  VectorStoreFileObject,
} from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type JobQueue, prepareJobQueue } from "./job-queue.ts";
import { toPage, toPageWindow } from "./page-window.ts";
import { prepareStoreFileStatements, type StoreFileStatements } from "./store-file-statements.ts";
import { type DetachFile, forget, prepareDetachFile } from "./take-out-files.ts";
import { toFileBatch, toStoreFile } from "./vector-store-rows.ts";
import { prepareVectorStoreStatements, type VectorStoreStatements } from "./vector-store-statements.ts";

/** The files that are in vector stores, and the batches they came in. The methods are those of `VectorStores`. */
export class StoreFiles {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #stores: VectorStoreStatements;
  readonly #statements: StoreFileStatements;
  readonly #queue: JobQueue;
  readonly #detach: DetachFile;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#stores = prepareVectorStoreStatements(orm);
    this.#statements = prepareStoreFileStatements(orm);
    this.#queue = prepareJobQueue(orm);
    this.#detach = prepareDetachFile(orm);
  }

  /** See `VectorStores.getFile`. */
  async get(tenant: string, storeId: string, fileId: string): Promise<VectorStoreFileObject | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, storeId, fileId });
      return row && toStoreFile(row, storeId);
    });
  }

  /** See `VectorStores.documentOf`. */
  async documentOf(tenant: string, storeId: string, fileId: string): Promise<number | undefined> {
    return reading(() => this.#statements.select.get({ tenant, storeId, fileId })?.document);
  }

  /** See `VectorStores.listFiles`. Undefined also for a batch that there is not, and cursors outside of it. */
  async list(
    tenant: string,
    storeId: string,
    query: VectorStoreFileListQuery,
    batchId?: string,
  ): Promise<Page<VectorStoreFileObject> | undefined> {
    return reading(() => {
      const storeSeq = this.#stores.select.get({ tenant, id: storeId })?.seq;
      if (storeSeq === undefined) return undefined;
      const batchSeq =
        batchId === undefined ? undefined : this.#statements.batch.get({ storeSeq, batchId })?.seq;
      if (batchId !== undefined && batchSeq === undefined) return undefined;
      // A cursor counts whatever its status: that may have changed since it was given out.
      const window = toPageWindow(query, (fileId) => {
        const row = this.#statements.select.get({ tenant, storeId, fileId });
        return batchSeq === undefined || row?.batchSeq === batchSeq ? row?.document : undefined;
      });
      if (window === undefined) return undefined;
      const scope = batchSeq === undefined ? this.#statements.inStore : this.#statements.inBatch;
      const pages = query.filter === undefined ? scope.all : scope.withStatus;
      const rows = pages[window.ascending ? "ascending" : "descending"].all({
        storeSeq,
        batchSeq,
        status: query.filter,
        ...window,
      });
      return toPage(rows, window, (row) => toStoreFile(row, storeId));
    });
  }

  /** See `VectorStores.setAttributes`. */
  async setAttributes(
    tenant: string,
    storeId: string,
    fileId: string,
    attributes: Attributes,
  ): Promise<VectorStoreFileObject | undefined> {
    const text = JSON.stringify(attributes);
    const changed = await this.#writer.write(() => {
      const row = this.#statements.select.get({ tenant, storeId, fileId });
      if (row === undefined) return undefined;
      this.#statements.setAttributes.run({ document: row.document, attributes: text });
      this.#queue.addOnce({ kind: "attributes", tenant, subject: String(row.document) });
      return toStoreFile({ ...row, attributes: text }, storeId);
    }, text.length);
    if (changed) this.#erased();
    return changed;
  }

  /** See `VectorStores.detach`. */
  async detach(tenant: string, storeId: string, fileId: string): Promise<boolean> {
    const detached = await this.#writer.write(() => {
      const row = this.#statements.select.get({ tenant, storeId, fileId });
      const store = this.#stores.select.get({ tenant, id: storeId });
      return row !== undefined && store !== undefined && this.#detach(tenant, store.seq, row.fileSeq);
    });
    if (detached) this.#erased();
    return detached;
  }

  /** See `VectorStores.getBatch`. */
  async getBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined> {
    return reading(() => this.#selectBatch(tenant, storeId, batchId)?.batch);
  }

  /** See `VectorStores.cancelBatch`. A batch that has ended stays as it ended. */
  async cancelBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined> {
    return this.#writer.write(() => {
      const found = this.#selectBatch(tenant, storeId, batchId);
      if (found === undefined || found.batch.file_counts.in_progress === 0) return found?.batch;
      this.#statements.markCancelled.run({ batchSeq: found.seq });
      forget(this.#queue, tenant, this.#statements.cancelFiles.all({ batchSeq: found.seq }));
      return this.#selectBatch(tenant, storeId, batchId)?.batch;
    });
  }

  /** Begins a batch. To be run inside a transaction. */
  addBatch(storeSeq: number, batchId: string, now: number): number {
    return Number(this.#statements.insertBatch.run({ storeSeq, batchId, now }).lastInsertRowid);
  }

  #selectBatch(
    tenant: string,
    storeId: string,
    batchId: string,
  ): { seq: number; batch: FileBatchObject } | undefined {
    const storeSeq = this.#stores.select.get({ tenant, id: storeId })?.seq;
    const row = storeSeq === undefined ? undefined : this.#statements.batch.get({ storeSeq, batchId });
    return row && { seq: row.seq, batch: toFileBatch(row, storeId) };
  }
}
