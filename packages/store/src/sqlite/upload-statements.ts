import { and, asc, eq, sql } from "drizzle-orm";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { fileFields } from "./file-statements.ts";
import { files, uploadParts, uploads } from "./schema.ts";

export type UploadStatements = ReturnType<typeof prepareUploadStatements>;

const { placeholder } = sql;

/** Prepares the statements over uploads and their parts. */
export function prepareUploadStatements(orm: BetterSQLite3Database) {
  const byId = and(eq(uploads.tenant, placeholder("tenant")), eq(uploads.id, placeholder("id")));
  // A literal, or SQLite would not use the partial index.
  const isPending = sql`${uploads.status} = 'pending'`;
  return {
    insert: orm
      .insert(uploads)
      .values({
        tenant: placeholder("tenant"),
        id: placeholder("id"),
        filename: placeholder("filename"),
        purpose: placeholder("purpose"),
        // Nobody asks for it: what a file is sent as follows from its name.
        mimeType: "",
        bytes: placeholder("bytes"),
        received: 0,
        status: placeholder("status"),
        createdAt: placeholder("createdAt"),
        expiresAt: placeholder("expiresAt"),
        fileExpiry: placeholder("fileExpiry"),
      })
      .prepare(),
    /** With the file of one that is completed. */
    select: orm
      .select({ upload: uploads, file: fileFields })
      .from(uploads)
      .leftJoin(files, eq(files.seq, uploads.fileSeq))
      .where(byId)
      .prepare(),
    /** Ends an upload that is pending; changes nothing otherwise. */
    end: orm
      .update(uploads)
      .set({ status: sql`${placeholder("status")}`, fileSeq: sql`${placeholder("fileSeq")}` })
      .where(and(byId, isPending))
      .returning({ seq: uploads.seq })
      .prepare(),
    insertPart: orm
      .insert(uploadParts)
      .values({
        uploadSeq: placeholder("uploadSeq"),
        id: placeholder("id"),
        createdAt: placeholder("createdAt"),
        hash: placeholder("hash"),
        bytes: placeholder("bytes"),
      })
      .prepare(),
    parts: orm
      .select({
        id: uploadParts.id,
        createdAt: uploadParts.createdAt,
        hash: uploadParts.hash,
        bytes: uploadParts.bytes,
      })
      .from(uploadParts)
      .innerJoin(uploads, eq(uploads.seq, uploadParts.uploadSeq))
      .where(byId)
      .prepare(),
    deleteParts: orm
      .delete(uploadParts)
      .where(eq(uploadParts.uploadSeq, placeholder("uploadSeq")))
      .prepare(),
    expired: orm
      .select({ tenant: uploads.tenant, id: uploads.id })
      .from(uploads)
      .where(and(isPending, sql`${uploads.expiresAt} <= ${placeholder("now")}`))
      .orderBy(asc(uploads.expiresAt))
      .limit(placeholder("limit"))
      .prepare(),
  };
}
