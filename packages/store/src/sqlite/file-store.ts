import type { FileQuota, FileRecord, FileStore, QuotaExceeded } from "@gateway/engine";
import type { FileListQuery, FileObject, Page } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { addFile, toFileObject, toFileRecord, toFileRow } from "./file-rows.ts";
import { type FileStatements, prepareFileStatements } from "./file-statements.ts";
import type { GroupCommit } from "./group-commit.ts";
import { toPage, toPageWindow } from "./page-window.ts";
import { prepareTakeOutFile, type TakeOutFile } from "./take-out-files.ts";

/** Files in SQLite. */
export class SqliteFileStore implements FileStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: FileStatements;
  readonly #takeOut: TakeOutFile;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareFileStatements(orm);
    this.#takeOut = prepareTakeOutFile(orm);
  }

  async add(tenant: string, record: FileRecord, quota: FileQuota): Promise<"added" | QuotaExceeded> {
    const row = toFileRow(record);
    const limits = { ...quota };
    const added = await this.#writer.write(() => addFile(this.#statements, tenant, row, limits));
    return typeof added === "number" ? "added" : added;
  }

  async get(tenant: string, id: string): Promise<FileRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row && toFileRecord(row);
    });
  }

  async find(tenant: string, ids: readonly string[]): Promise<ReadonlyMap<string, FileRecord>> {
    return reading(() => {
      const rows = this.#statements.selectMany.all({ tenant, ids: JSON.stringify(ids) });
      const byId = new Map(rows.map((row) => [row.id, row]));
      const found = new Map<string, FileRecord>();
      for (const id of ids) {
        const row = byId.get(id);
        if (row) found.set(id, toFileRecord(row));
      }
      return found;
    });
  }

  async list(tenant: string, query: FileListQuery, now: number): Promise<Page<FileObject> | undefined> {
    return reading(() => {
      const window = toPageWindow(
        { limit: query.limit, order: query.order, after: query.after },
        (id) => this.#statements.select.get({ tenant, id })?.seq,
      );
      if (window === undefined) return undefined;
      const direction = window.ascending ? "ascending" : "descending";
      const { purpose } = query;
      const rows =
        purpose === undefined
          ? this.#statements.all[direction].all({ tenant, now, ...window })
          : this.#statements.withPurpose[direction].all({ tenant, purpose, now, ...window });
      return toPage(rows, window, toFileObject);
    });
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#statements.select.get({ tenant, id });
      if (row === undefined) return false;
      this.#takeOut(tenant, row.seq);
      this.#statements.delete.run({ seq: row.seq });
      return true;
    });
    if (deleted) this.#erased();
    return deleted;
  }

  async expired(now: number, limit: number): Promise<{ tenant: string; id: string }[]> {
    return reading(() => this.#statements.expired.all({ now, limit }));
  }
}
