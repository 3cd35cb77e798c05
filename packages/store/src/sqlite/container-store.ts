import type {
  ContainerFileRecord,
  ContainerQuota,
  ContainerQuotaExceeded,
  ContainerRecord,
  ContainerStore,
} from "@gateway/engine";
import type { ContainerListQuery, Page, PageQuery } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { type ContainerStatements, prepareContainerStatements } from "./container-statements.ts";
import type { GroupCommit } from "./group-commit.ts";
import { toPage, toPageWindow } from "./page-window.ts";

type ContainerRow = NonNullable<ReturnType<ContainerStatements["select"]["get"]>>;
type FileRow = NonNullable<ReturnType<ContainerStatements["file"]["get"]>>;

/** Containers in SQLite. Their files go with them; triggers keep count of the content. */
export class SqliteContainerStore implements ContainerStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #statements: ContainerStatements;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#statements = prepareContainerStatements(orm);
  }

  async create(
    tenant: string,
    record: ContainerRecord,
    now: number,
    quota: ContainerQuota,
  ): Promise<"created" | "containers_quota"> {
    const row = { ...record, used: record.used ? 1 : 0 };
    const limit = quota.containers;
    return this.#writer.write(() => {
      if ((this.#statements.count.get({ tenant })?.containers ?? 0) >= limit) {
        const expired = this.#statements.firstExpired.get({ tenant, now });
        if (expired === undefined) return "containers_quota";
        this.#statements.delete.run(expired);
      }
      this.#statements.insert.run({ tenant, ...row });
      return "created";
    });
  }

  async get(tenant: string, id: string): Promise<ContainerRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row && toRecord(row);
    });
  }

  async list(tenant: string, query: ContainerListQuery): Promise<Page<ContainerRecord> | undefined> {
    return reading(() => {
      const { limit, order, after, name } = query;
      const window = toPageWindow(
        { limit, order, after },
        (id) => this.#statements.select.get({ tenant, id })?.seq,
      );
      if (window === undefined) return undefined;
      const direction = window.ascending ? "ascending" : "descending";
      const rows =
        name === undefined
          ? this.#statements.all[direction].all({ tenant, ...window })
          : this.#statements.named[direction].all({ tenant, name, ...window });
      return toPage(rows, window, toRecord);
    });
  }

  async touch(tenant: string, id: string, now: number, runs: boolean): Promise<boolean> {
    return this.#writer.write(
      () => this.#statements.touch.run({ tenant, id, now, runs: runs ? 1 : 0 }).changes > 0,
    );
  }

  async delete(tenant: string, id: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#statements.select.get({ tenant, id });
      if (row === undefined) return false;
      this.#statements.delete.run({ seq: row.seq });
      return true;
    });
    if (deleted) this.#erased();
    return deleted;
  }

  async idle(before: number, limit: number): Promise<{ tenant: string; id: string }[]> {
    return reading(() => this.#statements.idle.all({ before, limit }));
  }

  async files(tenant: string, id: string): Promise<ContainerFileRecord[]> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row === undefined ? [] : this.#statements.files.all({ containerSeq: row.seq }).map(toFileRecord);
    });
  }

  async listFiles(
    tenant: string,
    id: string,
    { limit, order, after }: PageQuery,
  ): Promise<Page<ContainerFileRecord> | undefined> {
    return reading(() => {
      const containerSeq = this.#statements.select.get({ tenant, id })?.seq;
      if (containerSeq === undefined) return undefined;
      const window = toPageWindow(
        { limit, order, after },
        (fileId) => this.#statements.file.get({ containerSeq, fileId })?.seq,
      );
      if (window === undefined) return undefined;
      const statement = this.#statements.pagesOfFiles[window.ascending ? "ascending" : "descending"];
      return toPage(statement.all({ containerSeq, ...window }), window, toFileRecord);
    });
  }

  async getFile(tenant: string, id: string, fileId: string): Promise<ContainerFileRecord | undefined> {
    return reading(() => {
      const row = this.#findFile(tenant, id, fileId);
      return row && toFileRecord(row);
    });
  }

  async putFile(
    tenant: string,
    id: string,
    record: ContainerFileRecord,
    quota: ContainerQuota,
  ): Promise<ContainerFileRecord | "not_found" | ContainerQuotaExceeded> {
    const file = { ...record };
    const limits = { ...quota };
    return this.#writer.write(() => {
      const containerSeq = this.#statements.select.get({ tenant, id })?.seq;
      if (containerSeq === undefined) return "not_found";
      const former = this.#statements.fileAt.get({ containerSeq, path: file.path });
      const totals = this.#statements.fileTotals.get({ containerSeq }) ?? { files: 0, bytes: 0 };
      if (former === undefined && totals.files >= limits.files) return "files_quota";
      if (totals.bytes - (former?.bytes ?? 0) + file.bytes > limits.bytes) return "bytes_quota";
      if (former === undefined) this.#statements.insertFile.run({ containerSeq, ...file });
      else this.#statements.replaceFile.run({ seq: former.seq, ...file });
      return former === undefined ? file : { ...file, id: former.id, createdAt: former.createdAt };
    });
  }

  async deleteFile(tenant: string, id: string, fileId: string): Promise<boolean> {
    const deleted = await this.#writer.write(() => {
      const row = this.#findFile(tenant, id, fileId);
      if (row === undefined) return false;
      this.#statements.deleteFile.run({ seq: row.seq });
      return true;
    });
    if (deleted) this.#erased();
    return deleted;
  }

  #findFile(tenant: string, id: string, fileId: string): FileRow | undefined {
    const containerSeq = this.#statements.select.get({ tenant, id })?.seq;
    return containerSeq === undefined ? undefined : this.#statements.file.get({ containerSeq, fileId });
  }
}

function toRecord(row: ContainerRow): ContainerRecord {
  const { id, name, createdAt, lastActiveAt, expiresAfter, memoryLimit, used } = row;
  return {
    id,
    name,
    createdAt,
    lastActiveAt,
    expiresAfter,
    memoryLimit: memoryLimit as ContainerRecord["memoryLimit"],
    used: used !== 0,
  };
}

function toFileRecord({ id, path, bytes, createdAt, source, hash }: FileRow): ContainerFileRecord {
  return { id, path, bytes, createdAt, source: source as ContainerFileRecord["source"], hash };
}
