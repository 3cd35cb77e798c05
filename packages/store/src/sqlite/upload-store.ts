import type {
  FileQuota,
  FileRecord,
  PartRecord,
  QuotaExceeded,
  UploadRecord,
  UploadStore,
} from "@gateway/engine";
import type { FilePurpose, UploadObject } from "@gateway/protocol";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { reading } from "../errors.ts";
import { addFile, beyondQuota, toFileObject, toFileRow } from "./file-rows.ts";
import { type FileStatements, prepareFileStatements } from "./file-statements.ts";
import type { GroupCommit } from "./group-commit.ts";
import { prepareUploadStatements, type UploadStatements } from "./upload-statements.ts";

/** Uploads in SQLite. One that was completed is there as long as its file; its parts go when it ends. */
export class SqliteUploadStore implements UploadStore {
  readonly #writer: GroupCommit;
  readonly #erased: () => void;
  readonly #files: FileStatements;
  readonly #statements: UploadStatements;

  /** `erased` is called after content was deleted. */
  constructor(orm: BetterSQLite3Database, writer: GroupCommit, erased: () => void) {
    this.#writer = writer;
    this.#erased = erased;
    this.#files = prepareFileStatements(orm);
    this.#statements = prepareUploadStatements(orm);
  }

  async create(
    tenant: string,
    { upload, fileExpiry }: UploadRecord,
    limits: Parameters<UploadStore["create"]>[2],
  ): Promise<"created" | "uploads_limit" | QuotaExceeded> {
    const { id, filename, purpose, bytes, status } = upload;
    const row = { id, filename, purpose, bytes, status, fileExpiry };
    const times = { createdAt: upload.created_at, expiresAt: upload.expires_at };
    const { pending, quota } = { ...limits, quota: { ...limits.quota } };
    return this.#writer.write(() => {
      if ((this.#files.pendingUploads.get({ tenant })?.uploads ?? 0) >= pending) return "uploads_limit";
      const beyond = beyondQuota(this.#files, tenant, { files: 1, bytes, pending: "announced" }, quota);
      if (beyond !== undefined) return beyond;
      this.#statements.insert.run({ tenant, ...row, ...times });
      return "created";
    });
  }

  async get(tenant: string, id: string): Promise<UploadRecord | undefined> {
    return reading(() => {
      const row = this.#statements.select.get({ tenant, id });
      return row && toUploadRecord(row);
    });
  }

  async addPart(
    tenant: string,
    record: PartRecord,
    quota: FileQuota,
  ): Promise<"added" | "not_found" | "closed" | "too_large" | "bytes_quota"> {
    const { id, created_at: createdAt, upload_id: uploadId } = record.part;
    const row = { id, createdAt, hash: record.hash, bytes: record.bytes };
    const bytesQuota = { files: undefined, bytes: quota.bytes };
    return this.#writer.write(() => {
      const upload = this.#statements.select.get({ tenant, id: uploadId })?.upload;
      if (upload === undefined) return "not_found";
      if (upload.status !== "pending") return "closed";
      if (row.bytes > upload.bytes || upload.received + row.bytes > 2 * upload.bytes) return "too_large";
      const added = { files: 0, bytes: row.bytes, pending: "received" } as const;
      if (beyondQuota(this.#files, tenant, added, bytesQuota) !== undefined) return "bytes_quota";
      this.#statements.insertPart.run({ uploadSeq: upload.seq, ...row });
      return "added";
    });
  }

  async parts(tenant: string, id: string, partIds: readonly string[]): Promise<(PartRecord | undefined)[]> {
    return reading(() => {
      const rows = new Map(this.#statements.parts.all({ tenant, id }).map((row) => [row.id, row]));
      return partIds.map((partId) => {
        const row = rows.get(partId);
        return (
          row && {
            part: { id: partId, object: "upload.part", created_at: row.createdAt, upload_id: id },
            hash: row.hash,
            bytes: row.bytes,
          }
        );
      });
    });
  }

  async complete(
    tenant: string,
    id: string,
    record: FileRecord,
    quota: FileQuota,
  ): Promise<"completed" | "closed" | QuotaExceeded> {
    const file = toFileRow(record);
    const limits = { ...quota };
    return this.#writer.write(() => {
      const upload = this.#statements.select.get({ tenant, id })?.upload;
      if (upload?.status !== "pending") return "closed";
      const added = addFile(this.#files, tenant, file, limits, upload.received);
      if (typeof added !== "number") return added;
      this.#end(tenant, id, "completed", added);
      return "completed";
    });
  }

  async end(tenant: string, id: string, status: "cancelled" | "expired"): Promise<boolean> {
    const ended = await this.#writer.write(() => this.#end(tenant, id, status, null));
    if (ended) this.#erased();
    return ended;
  }

  async expired(now: number, limit: number): Promise<{ tenant: string; id: string }[]> {
    return reading(() => this.#statements.expired.all({ now, limit }));
  }

  #end(tenant: string, id: string, status: UploadObject["status"], fileSeq: number | null): boolean {
    const ended = this.#statements.end.get({ tenant, id, status, fileSeq });
    if (ended === undefined) return false;
    this.#statements.deleteParts.run({ uploadSeq: ended.seq });
    return true;
  }
}

type UploadRow = NonNullable<ReturnType<UploadStatements["select"]["get"]>>;

function toUploadRecord({ upload: row, file }: UploadRow): UploadRecord {
  const upload: UploadObject = {
    id: row.id,
    object: "upload",
    bytes: row.bytes,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
    filename: row.filename,
    purpose: row.purpose as FilePurpose,
    status: row.status as UploadObject["status"],
    file: file && toFileObject(file),
  };
  return { upload, fileExpiry: row.fileExpiry };
}
