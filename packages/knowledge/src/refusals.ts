import type { QuotaExceeded } from "@gateway/engine";
import { ApiError, badRequest, notFound } from "@gateway/protocol";

/** 404 for a file that there is not, not any more, or not for this tenant. */
export function noSuchFile(id: string, param: string | null = "file_id"): ApiError {
  return notFound(`No such File object: ${id}`, { param });
}

/** 404 for an upload. */
export function noSuchUpload(id: string): ApiError {
  return notFound(`No such Upload object: ${id}`, { param: "upload_id" });
}

/** 404 for a vector store. */
export function noSuchStore(id: string, param = "vector_store_id"): ApiError {
  return notFound(`No such VectorStore object: ${id}`, { param });
}

/** 404 for a file that the vector store does not have. */
export function noSuchStoreFile(storeId: string, fileId: string): ApiError {
  return notFound(`No file '${fileId}' in vector store '${storeId}'.`, { param: "file_id" });
}

/** 404 for a batch that the vector store does not have. */
export function noSuchBatch(storeId: string, batchId: string): ApiError {
  return notFound(`No file batch '${batchId}' in vector store '${storeId}'.`, { param: "batch_id" });
}

/** 404 for the `after` or `before` of a list that is not in it. */
export function noSuchCursor(query: { after?: string | undefined; before?: string | undefined }): ApiError {
  const param = query.after === undefined ? "before" : "after";
  return notFound(`'${param}' names nothing in this list: ${query[param] ?? ""}`, { param });
}

/** 400 for a vector store that has expired: it takes no files and is not searched. */
export function storeExpired(id: string, param = "vector_store_id"): ApiError {
  return badRequest(
    `Vector store '${id}' has expired. Update its 'expires_after' to use it again, or create another one.`,
    { param, code: "vector_store_expired" },
  );
}

/** 413 for content that is longer than allowed. */
export function tooLarge(message: string, param: string | null = null, code = "request_too_large"): ApiError {
  return new ApiError(message, { status: 413, type: "invalid_request_error", param, code });
}

/** 413 for a file, an upload or a part of one with which its tenant would keep more than it may. */
export function quotaExceeded(which: QuotaExceeded | "uploads_limit"): ApiError {
  return tooLarge(quotaMessages[which], null, "quota_exceeded");
}

const quotaMessages = {
  files_quota: "The number of files that may be kept is reached. Delete files that are no longer needed.",
  bytes_quota:
    "The total size of files that may be kept is reached; uploads that are pending count. Delete files that are no longer needed, or cancel uploads.",
  uploads_limit: "Too many uploads are pending. Complete or cancel some before another one is created.",
};
