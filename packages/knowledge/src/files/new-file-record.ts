import type { FileRecord, ReceivedBlob } from "@gateway/engine";
import { newFileId } from "@gateway/protocol";
import type { NewFile } from "../knowledge.ts";

/** What is to be stored of a file whose content has arrived; `now` in milliseconds. */
export function newFileRecord(file: NewFile, content: ReceivedBlob, now: number): FileRecord {
  const createdAt = Math.floor(now / 1000);
  return {
    file: {
      id: newFileId(),
      object: "file",
      bytes: content.bytes,
      created_at: createdAt,
      expires_at: file.expiresAfter === undefined ? null : createdAt + file.expiresAfter,
      filename: file.filename,
      purpose: file.purpose,
      status: "processed",
      status_details: null,
    },
    hash: content.hash,
  };
}

/** Whether a file is past its `expires_at`; `now` in milliseconds. */
export function hasExpired({ file }: FileRecord, now: number): boolean {
  return file.expires_at !== null && file.expires_at <= Math.floor(now / 1000);
}
