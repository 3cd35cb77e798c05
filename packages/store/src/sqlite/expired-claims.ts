import type { Database, Statement } from "better-sqlite3";
import { type RemovalSlice, sliceRows } from "./removal-slice.ts";

/** Removes claims of idempotency keys that were made long ago, with the answers they have. */
export class ExpiredClaims {
  readonly #expired: Statement<[number], { seq: number; bytes: number }>;
  readonly #remove: Statement<[number]>;

  constructor(client: Database) {
    this.#expired = client.prepare(
      `SELECT seq, coalesce(octet_length(answer), 0) AS bytes FROM idempotency_claims
       WHERE claimed_at < ? ORDER BY claimed_at, seq LIMIT ${sliceRows}`,
    );
    this.#remove = client.prepare("DELETE FROM idempotency_claims WHERE seq = ?");
  }

  /** Removes claims while the slice has room; gives how many. To be run inside a transaction. */
  remove(before: number, slice: RemovalSlice): number {
    let removed = 0;
    for (const { seq, bytes } of this.#expired.all(before)) {
      if (slice.isFull) break;
      slice.took(this.#remove.run(seq).changes, bytes);
      removed++;
    }
    return removed;
  }
}
