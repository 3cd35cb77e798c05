import type { FileQuota, FileRecord, QuotaExceeded } from "@gateway/engine";
import type { FileObject, FilePurpose } from "@gateway/protocol";
import type { FileStatements } from "./file-statements.ts";

/** A file as its row has it. */
export interface FileRow {
  id: string;
  filename: string;
  purpose: string;
  bytes: number;
  createdAt: number;
  expiresAt: number | null;
  hash: string;
}

/** The row of a file: taken when the store was called, so that later changes of the object do not matter. */
export function toFileRow({ file, hash }: FileRecord): FileRow {
  const { id, filename, purpose, bytes, created_at: createdAt, expires_at: expiresAt } = file;
  return { id, filename, purpose, bytes, createdAt, expiresAt, hash };
}

/** The file that a row is of. */
export function toFileRecord(row: FileRow): FileRecord {
  return { file: toFileObject(row), hash: row.hash };
}

/** The object of the file that a row is of. */
export function toFileObject(row: FileRow): FileObject {
  return {
    id: row.id,
    object: "file",
    bytes: row.bytes,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
    filename: row.filename,
    purpose: row.purpose as FilePurpose,
    status: "processed",
    status_details: null,
  };
}

/** What is about to be kept: so many files, so many bytes more. `pending` is how pending uploads are counted. */
interface Addition {
  files: number;
  bytes: number;
  pending: "announced" | "received";
}

/** Which limit a tenant would go beyond with what is added to its files and pending uploads. To be run inside a transaction. */
export function beyondQuota(
  statements: FileStatements,
  tenant: string,
  { files, bytes, pending }: Addition,
  quota: FileQuota,
): QuotaExceeded | undefined {
  if (quota.files === undefined && quota.bytes === undefined) return undefined;
  const kept = statements.totals.get({ tenant }) ?? { files: 0, bytes: 0 };
  if (quota.files !== undefined && kept.files + files > quota.files) return "files_quota";
  if (quota.bytes === undefined) return undefined;
  const uploading = statements.pendingUploads.get({ tenant })?.[pending] ?? 0;
  return kept.bytes + uploading + bytes > quota.bytes ? "bytes_quota" : undefined;
}

/**
 * Adds a file and gives its rowid, or says which limit it would go beyond; then nothing is written. To be run
 * inside a transaction.
 *
 * @param freed bytes of an upload's parts that the file takes the place of
 */
export function addFile(
  statements: FileStatements,
  tenant: string,
  row: FileRow,
  quota: FileQuota,
  freed = 0,
): number | QuotaExceeded {
  const added: Addition = { files: 1, bytes: row.bytes - freed, pending: "received" };
  const beyond = beyondQuota(statements, tenant, added, quota);
  return beyond ?? Number(statements.insert.run({ tenant, ...row }).lastInsertRowid);
}
