import { ApiError, internal } from "@gateway/protocol";

/**
 * Trouble for the operator: a store that cannot be opened, checked or copied. The message names the file
 * and what to do next. It never goes to a client.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

/**
 * What a client sees when the store fails: a 500 with code `storage_error`, without a word about files.
 * The original is the `cause`. An ApiError is passed on as it is.
 */
export function toStorageError(thrown: unknown, doing: "read from" | "write to"): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return internal(`The server could not ${doing} its storage. Please try again later.`, {
    code: "storage_error",
    cause: thrown,
  });
}

/** Runs a read; what it throws becomes a rejection with `storage_error`. */
export async function reading<T>(query: () => T | Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (thrown) {
    throw toStorageError(thrown, "read from");
  }
}
