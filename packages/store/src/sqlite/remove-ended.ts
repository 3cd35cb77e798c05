import type { Database, Statement } from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { prepareCancelJobs } from "./job-queue.ts";
import { type RemovalSlice, sliceRows } from "./removal-slice.ts";
import { respondJobKind } from "./respond-job-kind.ts";

/** A response that has ended. */
export interface EndedResponse {
  seq: number;
  tenant: string;
  id: string;
  previousId: string | null;
  /** Of its content. */
  bytes: number;
}

interface Row {
  key: number;
  bytes: number;
}

/** A link this far behind is taken to have content: the look for it has to end. */
const farthestLink = 100;

/**
 * Removes responses that have ended, a slice at a time and in an order that can be left at any point: first the ids of
 * foreign items, then the events, which nobody reads any more from the first of them on, then the response. To be
 * used inside a transaction. Its statements are bare ones: they go by limits and recursion, which drizzle has no words for.
 */
export class EndedRemoval {
  readonly #foreign: Statement<[number, number], Row>;
  readonly #removeForeign: Statement<[number]>;
  readonly #events: Statement<[number, number], Row>;
  readonly #removeEvents: Statement<[number]>;
  readonly #note: Statement<[number]>;
  readonly #strike: Statement<[number]>;
  readonly #mustStay: Statement<[string | null, string, number], number>;
  readonly #remove: Statement<[number]>;
  readonly #erase: Statement<[number]>;
  readonly #cancelJobs: ReturnType<typeof prepareCancelJobs>;

  constructor(orm: BetterSQLite3Database, client: Database) {
    this.#cancelJobs = prepareCancelJobs(orm);
    this.#foreign = client.prepare(
      "SELECT seq AS key, 0 AS bytes FROM foreign_items WHERE response_seq = ? LIMIT ?",
    );
    this.#removeForeign = client.prepare("DELETE FROM foreign_items WHERE seq = ?");
    this.#events = client.prepare(
      "SELECT seq AS key, octet_length(events) AS bytes FROM response_events WHERE response_seq = ? LIMIT ?",
    );
    this.#removeEvents = client.prepare("DELETE FROM response_events WHERE seq = ?");
    this.#note = client.prepare("INSERT OR IGNORE INTO deleted_event_logs (response_seq) VALUES (?)");
    this.#strike = client.prepare("DELETE FROM deleted_event_logs WHERE response_seq = ?");
    this.#mustStay = client
      .prepare<[string | null, string, number], number>(
        `WITH RECURSIVE older (previous_id, has_content, depth) AS (
           SELECT ?, 0, 0
           UNION ALL
           SELECT link.previous_id, link.response IS NOT NULL, older.depth + 1
           FROM older JOIN responses AS link ON link.tenant = ? AND link.id = older.previous_id
           WHERE older.has_content = 0 AND older.depth < ${farthestLink}
         )
         SELECT max(has_content) OR max(depth) = ${farthestLink} OR ? = (SELECT max(seq) FROM responses) FROM older`,
      )
      .pluck();
    this.#remove = client.prepare("DELETE FROM responses WHERE seq = ?");
    this.#erase = client.prepare(
      "UPDATE responses SET status = 'deleted', conversation_id = NULL, response = NULL, input = NULL WHERE seq = ?",
    );
  }

  /** Removes a response; false when the slice was full before its end. Then it is there still, without some of the rest. */
  removeResponse({ seq, tenant, id, previousId, bytes }: EndedResponse, slice: RemovalSlice): boolean {
    if (!drain(this.#foreign, this.#removeForeign, seq, slice)) return false;
    if (!this.removeLog(seq, slice)) return false;
    slice.took(this.#cancelJobs({ tenant, kind: respondJobKind, subject: id }));
    // The row itself is only needed as a link to older turns. The newest stays, too: its number would be used again.
    const end = this.#mustStay.get(previousId, tenant, seq) ? this.#erase : this.#remove;
    slice.took(end.run(seq).changes, bytes);
    return true;
  }

  /** Removes the events of a response that has ended; false when the slice was full before the last of them. */
  removeLog(responseSeq: number, slice: RemovalSlice): boolean {
    slice.logs.push(responseSeq);
    const isAll = drain(this.#events, this.#removeEvents, responseSeq, slice);
    slice.took((isAll ? this.#strike : this.#note).run(responseSeq).changes);
    return isAll;
  }
}

/** Removes the rows of an owner one by one; false when the slice was full before it was seen that there are no more. */
export function drain(
  select: Statement<[number, number], Row>,
  remove: Statement<[number]>,
  owner: number,
  slice: RemovalSlice,
): boolean {
  for (const { key, bytes } of select.all(owner, sliceRows)) {
    if (slice.isFull) return false;
    slice.took(remove.run(key).changes, bytes);
  }
  return !slice.isFull;
}
