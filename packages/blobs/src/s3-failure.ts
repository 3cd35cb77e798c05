import { S3ServiceError } from "s3mini";

/** The status that an object store has answered with, where that is what went wrong. */
export function statusOf(thrown: unknown): number | undefined {
  return findServiceError(thrown)?.status;
}

/**
 * What went wrong with an object store, for the log: status and code of its answer, or what the network said. The
 * body of an answer is left out: that to a wrong signature repeats the key's id and all that was signed.
 */
export function toS3Failure(thrown: unknown, call: string): Error {
  const service = findServiceError(thrown);
  if (service === undefined) {
    const cause = rootOf(thrown);
    return new Error(`The object store failed to ${call} content: ${cause.message}`, { cause });
  }
  const code = /^[A-Za-z0-9.]{1,60}$/.exec(service.serviceCode ?? "")?.[0] ?? "Unknown";
  return new Error(`The object store answered ${service.status} (${code}) when asked to ${call} content.`);
}

function findServiceError(thrown: unknown): S3ServiceError | undefined {
  for (let current = thrown; current instanceof Error; current = current.cause) {
    if (current instanceof S3ServiceError) return current;
  }
  return undefined;
}

function rootOf(thrown: unknown): Error {
  let root = thrown instanceof Error ? thrown : new Error(String(thrown));
  while (root.cause instanceof Error) root = root.cause;
  return root;
}
