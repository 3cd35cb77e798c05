import { ApiError, internal } from "@gateway/protocol";

/**
 * Trouble for the operator: a directory or an address that cannot be used. The message names it and what to do
 * next, and the command line prints errors of this name as they are. It never goes to a client.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/**
 * What a client sees when storage fails: a 500 with code `storage_error`, without a word about files or
 * addresses. The original is the `cause`. An ApiError is passed on as it is.
 */
export function toStorageError(thrown: unknown, doing: "read from" | "write to"): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return internal(`The server could not ${doing} its file storage. Please try again later.`, {
    code: "storage_error",
    cause: thrown,
  });
}

/** A 500 `storage_error` for content that is known and should be there, but is not. */
export function missingContent(cause?: unknown): ApiError {
  return internal("The content of the file is missing from the server's file storage.", {
    code: "storage_error",
    cause,
  });
}

/** A 500 `storage_error` for a span that is none, or begins behind the end of the content. */
export function outsideContent(cause?: unknown): ApiError {
  return internal("The content of the file does not have the span of bytes that was asked for.", {
    code: "storage_error",
    cause,
  });
}

/** A 500 `storage_error` for calls to a store that has been closed. */
export function storageClosed(): ApiError {
  return internal("The server's file storage is closed.", { code: "storage_error" });
}

/** A 413 for content of more than `limit` bytes. */
export function contentTooLarge(limit: number): ApiError {
  return new ApiError(`The content is larger than the ${limit} bytes this server accepts.`, {
    status: 413,
    type: "invalid_request_error",
    code: "request_too_large",
  });
}
