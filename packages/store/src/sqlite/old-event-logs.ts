import type { Database, Statement } from "better-sqlite3";
import { type RemovalSlice, sliceRows } from "./removal-slice.ts";
import type { EndedRemoval } from "./remove-ended.ts";

/** What a slice of the walk through the logs has done. */
export interface RemovedLogs {
  removed: number;
  /** True when the walk is not at its end. */
  more: boolean;
  /** Where it goes on; 0 is the beginning. */
  next: number;
}

/**
 * Walks through the responses that have events, in the order they began, and removes the logs of those that have
 * ended and are old. Nothing says which these are, and nothing needs to: they are the first ones, and where a whole
 * slice of responses is too young those behind them are, too.
 */
export class OldEventLogs {
  readonly #removal: EndedRemoval;
  readonly #after: Statement<[number], number>;
  readonly #response: Statement<[number], { createdAt: number; hasEnded: number }>;
  /** Where the walk stands: to be set to {@link RemovedLogs.next} once the slice is committed. */
  next = 0;

  constructor(client: Database, removal: EndedRemoval) {
    this.#removal = removal;
    this.#after = client
      .prepare<[number], number>(
        "SELECT response_seq FROM response_events WHERE response_seq > ? ORDER BY response_seq LIMIT 1",
      )
      .pluck();
    this.#response = client.prepare(
      "SELECT created_at AS createdAt, status NOT IN ('queued', 'in_progress') AS hasEnded FROM responses WHERE seq = ?",
    );
  }

  /** Goes on with the walk while the slice has room. To be run inside a transaction. */
  remove(before: number, slice: RemovalSlice): RemovedLogs {
    let removed = 0;
    let young = 0;
    let at = this.next;
    for (let step = 0; step < sliceRows && !slice.isFull; step++) {
      const responseSeq = this.#after.get(at);
      if (responseSeq === undefined) return { removed, more: false, next: 0 };
      const response = this.#response.get(responseSeq);
      if (response === undefined || (response.hasEnded && response.createdAt < before)) {
        if (!this.#removal.removeLog(responseSeq, slice)) break;
        removed++;
      } else if (response.createdAt >= before) young++;
      at = responseSeq;
    }
    const isAtYoung = young === sliceRows;
    return { removed, more: !isAtYoung, next: isAtYoung ? 0 : at };
  }
}
