import type { Database, Statement } from "better-sqlite3";
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { Retention, RetentionLimits, RetentionSlice } from "../retention.ts";
import type { EventLog } from "./event-log.ts";
import { ExpiredClaims } from "./expired-claims.ts";
import type { GroupCommit } from "./group-commit.ts";
import { IdleConversations } from "./idle-conversations.ts";
import { OldEventLogs } from "./old-event-logs.ts";
import { RemovalSlice, sliceRows } from "./removal-slice.ts";
import { EndedRemoval, type EndedResponse } from "./remove-ended.ts";

/** About what the pages of a slice's rows come to, for the checkpoints. It also ends the group of writes. */
const sliceChars = sliceRows * 4096;

/** Retention in SQLite. */
export class SqliteRetention implements Retention {
  readonly #writer: GroupCommit;
  readonly #log: EventLog;
  readonly #erased: () => void;
  readonly #removal: EndedRemoval;
  readonly #logs: OldEventLogs;
  readonly #conversations: IdleConversations;
  readonly #claims: ExpiredClaims;
  readonly #oldest: Statement<[number], EndedResponse>;
  readonly #pages: Statement<[], number>;
  readonly #freePages: Statement<[], number>;
  readonly #pageBytes: number;

  /** `erased` is called after content was deleted. */
  constructor(
    orm: BetterSQLite3Database,
    client: Database,
    log: EventLog,
    writer: GroupCommit,
    erased: () => void,
  ) {
    this.#writer = writer;
    this.#log = log;
    this.#erased = erased;
    this.#removal = new EndedRemoval(orm, client);
    this.#logs = new OldEventLogs(client, this.#removal);
    this.#conversations = new IdleConversations(client);
    this.#claims = new ExpiredClaims(client);
    // The condition is the index's own, in the same words, or SQLite would not use it.
    this.#oldest = client.prepare(
      `SELECT seq, tenant, id, previous_id AS previousId, octet_length(response) + octet_length(input) AS bytes
       FROM responses
       WHERE status NOT IN ('queued', 'in_progress', 'deleted') AND created_at < ?
       ORDER BY created_at, seq LIMIT ${sliceRows}`,
    );
    const pragma = (name: string) => client.prepare<[], number>(`PRAGMA ${name}`).pluck();
    this.#pages = pragma("page_count");
    this.#freePages = pragma("freelist_count");
    this.#pageBytes = Number(client.pragma("page_size", { simple: true }));
  }

  /** Removes the rest of conversations that a former process was removing; never rejects. */
  async resume(): Promise<void> {
    try {
      while (this.#conversations.hasUnfinished() && (await this.sweep({})).more);
    } catch {
      // The next start, or the next sweep, tries again.
    }
  }

  async sweep(limits: RetentionLimits): Promise<RetentionSlice> {
    const { logsNext, logsRemoved, ...swept } = await this.#writer.write(
      () => this.#removeSlice(limits),
      sliceChars,
    );
    // Only now: the transaction may have been tried twice.
    this.#logs.next = logsNext;
    await this.#log.release(logsRemoved);
    if (swept.rows > 0) this.#erased();
    return swept;
  }

  #removeSlice(limits: RetentionLimits) {
    const { responsesBefore, eventsBefore, conversationsBefore, idempotencyKeysBefore, maxBytes } = limits;
    const slice = new RemovalSlice();
    const idempotencyKeys = this.#claims.remove(idempotencyKeysBefore ?? 0, slice);
    const conversations = this.#conversations.remove(conversationsBefore ?? 0, slice);
    let responses = 0;
    if (responsesBefore !== undefined) responses += this.#removeOldest(responsesBefore, slice, () => true);
    const logs = eventsBefore === undefined ? noLogs : this.#logs.remove(eventsBefore, slice);
    const isTooLarge = () => maxBytes !== undefined && this.#bytesInUse() > maxBytes;
    responses += this.#removeOldest(Number.MAX_SAFE_INTEGER, slice, isTooLarge);
    const more = slice.isFull || logs.more;
    return {
      ...{ responses, conversations, idempotencyKeys, eventLogs: logs.removed, logsNext: logs.next },
      logsRemoved: slice.logs,
      ...{ rows: slice.rows, more, isTooLarge: !more && isTooLarge() },
    };
  }

  /** Without the pages that are free: they will be used again, while the file does not get smaller. */
  #bytesInUse(): number {
    return (Number(this.#pages.get()) - Number(this.#freePages.get())) * this.#pageBytes;
  }

  /** Removes ended responses, the oldest first, while `goesOn` says so and the slice has room; gives how many. */
  #removeOldest(before: number, slice: RemovalSlice, goesOn: () => boolean): number {
    let removed = 0;
    if (slice.isFull || !goesOn()) return removed;
    for (const response of this.#oldest.all(before)) {
      if (slice.isFull || !goesOn() || !this.#removal.removeResponse(response, slice)) break;
      removed++;
    }
    return removed;
  }
}

const noLogs = { removed: 0, more: false, next: 0 };
