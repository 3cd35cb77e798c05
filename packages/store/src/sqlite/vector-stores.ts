import type {
  NewStoreFile,
  NewVectorStore,
  StoreFileName,
  StoreFileWork,
  VectorStoreChanges,
  VectorStores,
} from "@gateway/engine";
import {
  type Attributes,
  badRequest,
  type FileBatchObject,
  type Page,
  type TwoWayPageQuery,
  type VectorStoreFileListQuery,
  type VectorStoreFileObject,
  type VectorStoreObject,
} from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { type AttachFiles, prepareAttachFiles, toNewFileRows } from "./attach-files.ts";
import type { GroupCommit } from "./group-commit.ts";
import { type JobQueue, prepareJobQueue } from "./job-queue.ts";
import { toPage, toPageWindow } from "./page-window.ts";
import { StoreDocuments } from "./store-documents.ts";
import { StoreFiles } from "./store-files.ts";
import { DeletedStores } from "./sweep-deleted-stores.ts";
import { isExpired, toStoreFile, toVectorStore } from "./vector-store-rows.ts";
import { prepareVectorStoreStatements, type VectorStoreStatements } from "./vector-store-statements.ts";

/** About what a file in a store and its job come to in the log. */
const charsPerFile = 600;

/** Vector stores in SQLite. */
export class SqliteVectorStores implements VectorStores {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #onProblem: (problem: Error) => void;
  readonly #statements: VectorStoreStatements;
  readonly #queue: JobQueue;
  readonly #attachFiles: AttachFiles;
  readonly #deleted: DeletedStores;
  readonly #files: StoreFiles;
  readonly #documents: StoreDocuments;

  /** `erased` is called after content was deleted, `onProblem` when some of what was deleted is still there. */
  constructor(
    orm: BetterSQLite3Database,
    writer: GroupCommit,
    erased: () => void,
    onProblem: (problem: Error) => void,
  ) {
    this.#writer = writer;
    this.#erased = erased;
    this.#onProblem = onProblem;
    this.#statements = prepareVectorStoreStatements(orm);
    this.#queue = prepareJobQueue(orm);
    this.#attachFiles = prepareAttachFiles(orm);
    this.#deleted = new DeletedStores(orm, writer);
    this.#files = new StoreFiles(orm, writer, erased);
    this.#documents = new StoreDocuments(orm, writer);
  }

  /** Goes on with the removal of deleted stores that a former process has left. Never rejects. */
  async resume(): Promise<void> {
    await this.#removing(this.#deleted.sweep());
  }

  /** What cannot be removed now is still noted, and is not seen by anyone. */
  async #removing(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (cause) {
      if (this.#writer.closed) return;
      const message =
        "Rows of deleted vector stores could not be removed. It is tried again at the next start.";
      this.#onProblem(new Error(message, { cause }));
    }
  }

  async create(
    tenant: string,
    store: NewVectorStore,
    files: readonly NewStoreFile[],
  ): Promise<VectorStoreObject> {
    const { id, created_at: createdAt, name, description } = store;
    const metadata = JSON.stringify(store.metadata);
    const expiresDays = store.expires_after?.days ?? null;
    const fields = { id, createdAt, name, description, metadata, expiresDays };
    const given = toNewFileRows(files, createdAt);
    const row = await this.#writer.write(() => {
      const inserted = this.#statements.insert.run({ tenant, ...fields });
      const storeSeq = Number(inserted.lastInsertRowid);
      this.#attachFiles({ tenant, storeSeq, batchSeq: null }, given, createdAt);
      return this.#statements.select.get({ tenant, id });
    }, given.rows.length * charsPerFile);
    if (row === undefined) throw new Error("a row that was inserted is not there");
    return toVectorStore(row, createdAt);
  }

  async get(tenant: string, id: string, now: number): Promise<VectorStoreObject | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row && toVectorStore(row, now);
    });
  }

  async list(
    tenant: string,
    query: TwoWayPageQuery,
    now: number,
  ): Promise<Page<VectorStoreObject> | undefined> {
    return reading(() => {
      const window = toPageWindow(query, (id) => this.#statements.select.get({ tenant, id })?.seq);
      if (window === undefined) return undefined;
      const statement = this.#statements.list[window.ascending ? "ascending" : "descending"];
      return toPage(statement.all({ tenant, ...window }), window, (row) => toVectorStore(row, now));
    });
  }

  async update(
    tenant: string,
    id: string,
    changes: VectorStoreChanges,
    now: number,
  ): Promise<VectorStoreObject | undefined> {
    const { name, expiresAfter } = changes;
    const metadata = changes.metadata && JSON.stringify(changes.metadata);
    const expiresDays = expiresAfter === undefined ? undefined : (expiresAfter?.days ?? null);
    const updated = await this.#writer.write(() => {
      const row = this.#statements.select.get({ tenant, id });
      return (
        row &&
        this.#statements.update.get({
          seq: row.seq,
          name: name === undefined ? row.name : name,
          metadata: metadata ?? row.metadata,
          expiresDays: expiresDays === undefined ? row.expiresDays : expiresDays,
        })
      );
    });
    return updated && toVectorStore(updated, now);
  }

  /**
   * One transaction hides the store and all in it, and queues its removal from the index. The rows go in slices
   * after it, when there are many; this resolves with the last of them.
   */
  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#statements.delete.get({ tenant, id });
      if (row === undefined) return undefined;
      this.#deleted.note(row.seq);
      const payload = { store: row.seq };
      this.#queue.add({ kind: "unindex", tenant, subject: String(row.seq), payload });
      return row.seq;
    });
    if (deleted === undefined) return false;
    await this.#removing(this.#deleted.remove(deleted));
    this.#erased();
    return true;
  }

  async touch(tenant: string, ids: readonly string[], now: number): Promise<void> {
    const given = JSON.stringify(ids);
    await this.#writer.write(() => this.#statements.touch.run({ tenant, ids: given, now }));
  }

  async numbers(
    tenant: string,
    ids: readonly string[],
    now: number,
  ): Promise<ReadonlyMap<string, { store: number; expired: boolean }>> {
    return reading(() => {
      const rows = this.#statements.selectMany.all({ tenant, ids: JSON.stringify(ids) });
      return new Map(rows.map((row) => [row.id, { store: row.seq, expired: isExpired(row, now) }]));
    });
  }

  /** Rejects with a 400 ApiError when the store has expired, and a 404 when a file was deleted meanwhile. */
  async attach(
    tenant: string,
    storeId: string,
    files: readonly NewStoreFile[],
    now: number,
    batch?: { id: string },
  ): Promise<VectorStoreFileObject[] | undefined> {
    const given = toNewFileRows(files, now);
    const batchId = batch?.id;
    const attached = await this.#writer.write(() => {
      const store = this.#statements.select.get({ tenant, id: storeId });
      if (store === undefined) return false;
      if (isExpired(store, now)) {
        throw badRequest(`The vector store '${storeId}' has expired: it takes no more files.`, {
          code: "vector_store_expired",
        });
      }
      const batchSeq = batchId === undefined ? null : this.#files.addBatch(store.seq, batchId, now);
      this.#attachFiles({ tenant, storeSeq: store.seq, batchSeq }, given, now);
      this.#statements.touch.run({ tenant, ids: JSON.stringify([storeId]), now });
      return true;
    }, given.rows.length * charsPerFile);
    return attached ? given.rows.map((row) => toStoreFile(row, storeId)) : undefined;
  }

  getFile(tenant: string, storeId: string, fileId: string): Promise<VectorStoreFileObject | undefined> {
    return this.#files.get(tenant, storeId, fileId);
  }

  documentOf(tenant: string, storeId: string, fileId: string): Promise<number | undefined> {
    return this.#files.documentOf(tenant, storeId, fileId);
  }

  listFiles(
    tenant: string,
    storeId: string,
    query: VectorStoreFileListQuery,
    batchId?: string,
  ): Promise<Page<VectorStoreFileObject> | undefined> {
    return this.#files.list(tenant, storeId, query, batchId);
  }

  setAttributes(
    tenant: string,
    storeId: string,
    fileId: string,
    attributes: Attributes,
  ): Promise<VectorStoreFileObject | undefined> {
    return this.#files.setAttributes(tenant, storeId, fileId, attributes);
  }

  detach(tenant: string, storeId: string, fileId: string): Promise<boolean> {
    return this.#files.detach(tenant, storeId, fileId);
  }

  getBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined> {
    return this.#files.getBatch(tenant, storeId, batchId);
  }

  cancelBatch(tenant: string, storeId: string, batchId: string): Promise<FileBatchObject | undefined> {
    return this.#files.cancelBatch(tenant, storeId, batchId);
  }

  work(document: number): Promise<StoreFileWork | undefined> {
    return this.#documents.work(document);
  }

  settle(document: number, outcome: Parameters<VectorStores["settle"]>[1]): Promise<boolean> {
    return this.#documents.settle(document, outcome);
  }

  names(documents: readonly number[]): Promise<ReadonlyMap<number, StoreFileName>> {
    return this.#documents.names(documents);
  }

  completedDocuments(after: number, limit: number): Promise<number[]> {
    return this.#documents.completedDocuments(after, limit);
  }

  ingestAgain(documents: readonly number[]): Promise<void> {
    return this.#documents.ingestAgain(documents);
  }
}
