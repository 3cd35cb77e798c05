import type { Database } from "better-sqlite3";

/** The function as a transaction that takes the right to write at its beginning. */
export function immediate<A extends unknown[], R>(
  client: Database,
  work: (...args: A) => R,
): (...args: A) => R {
  const transaction = client.transaction(work);
  return (...args) => transaction.immediate(...args);
}
