import type { ByteRange } from "@gateway/engine";
import { missingContent, outsideContent } from "./errors.ts";

const sha256Hex = /^[0-9a-f]{64}$/;

/**
 * Makes sure that a name is one that content is kept under (SHA-256, 64 lower-case hexadecimal digits), before it
 * becomes part of a path or a key.
 *
 * @throws ApiError `storage_error`: there is no content under any other name.
 */
export function checkHash(hash: string): string {
  if (!sha256Hex.test(hash)) throw missingContent();
  return hash;
}

/**
 * Makes sure that a range is a span of bytes at all; where content ends is not looked at.
 *
 * @throws ApiError `storage_error` for ends that are no whole numbers, are negative or the wrong way round.
 */
export function checkRange(range: ByteRange | undefined): void {
  if (range === undefined) return;
  const { start, end } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw outsideContent();
  }
}
