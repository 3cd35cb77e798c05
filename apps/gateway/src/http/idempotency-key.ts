import { createHash } from "node:crypto";
import { unprocessable } from "@gateway/protocol";

/** Printable ASCII without spaces; two headers, joined by a comma and a space, are none. */
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the value of an Idempotency-Key header; undefined where there is none. Throws a 422 where it cannot be a key.
 */
export function parseIdempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined || keyPattern.test(header)) return header;
  throw unprocessable(
    "The Idempotency-Key header must be one key of 1 to 255 printable ASCII characters without spaces, such as a UUID.",
    { code: "invalid_idempotency_key" },
  );
}

/**
 * A hash that is equal for JSON bodies that say the same: the order of keys, white space and the way that characters and
 * numbers are written do not matter. A retry by a client sends the same bytes, but not every client keeps what it sent.
 * SHA-256 of the parsed value with its keys in order, in hexadecimal digits.
 */
export function hashOfBody(body: unknown): string {
  return createHash("sha256").update(inOrder(body)).digest("hex");
}

/** A JSON value as text, with the keys of objects in order. What is deeper than a body may be overflows the stack. */
function inOrder(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join()}]`;
  const fields = value as Record<string, unknown>;
  // In UTF-16 units, which no locale changes.
  const keys = Object.keys(fields).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${inOrder(fields[key])}`).join()}}`;
}
