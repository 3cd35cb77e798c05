import * as z from "zod";
import { within } from "./integer.ts";
import { pageQuery } from "./paging.ts";

/** What a file is for (API reference, "Files"). */
export const filePurpose = z.enum(["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]);
export type FilePurpose = z.infer<typeof filePurpose>;

/** When a file goes by itself: seconds after its creation, from an hour to thirty days. */
export const fileExpiry = z.looseObject({
  anchor: z.literal("created_at"),
  seconds: z.coerce
    .number()
    .int()
    .check(within({ min: 3_600, max: 2_592_000 })),
});

/** Query of `GET /v1/files`. */
export const fileListQuery = pageQuery.extend({
  limit: z.coerce
    .number()
    .int()
    .check(within({ min: 1, max: 10_000 }))
    .default(10_000),
  purpose: filePurpose.optional(),
});
export type FileListQuery = z.infer<typeof fileListQuery>;

/** The File object. */
export interface FileObject {
  id: string;
  object: "file";
  bytes: number;
  /** Unix time in seconds, as is `expires_at`. */
  created_at: number;
  expires_at: number | null;
  /** As the caller gave it, in any script; never a name in the file system. */
  filename: string;
  purpose: FilePurpose;
  status: "processed";
  status_details: null;
}

/** Body of `POST /v1/uploads`. */
export const createUpload = z.looseObject({
  /** 8 GiB is the API's limit; the server's own may be lower. */
  bytes: z.int().check(within({ min: 0, max: 8 * 1024 ** 3 })),
  filename: z.string().min(1).max(512),
  mime_type: z.string().min(1).max(255),
  purpose: filePurpose,
  expires_after: fileExpiry.nullish(),
});

/** Body of `POST /v1/uploads/{id}/complete`. */
export const completeUpload = z.looseObject({
  /** In the order of the content. */
  part_ids: z.array(z.string().min(1).max(256)).min(1).max(100_000),
  /** Of the whole content, in hexadecimal digits. */
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, "must be 32 hexadecimal digits")
    .nullish(),
});

/** The Upload object. */
export interface UploadObject {
  id: string;
  object: "upload";
  bytes: number;
  created_at: number;
  expires_at: number;
  filename: string;
  purpose: FilePurpose;
  status: "pending" | "completed" | "cancelled" | "expired";
  /** Once it is completed. */
  file: FileObject | null;
}

/** A part of an upload. */
export interface UploadPartObject {
  id: string;
  object: "upload.part";
  created_at: number;
  upload_id: string;
}
