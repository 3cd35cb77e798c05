import type { EventBatch } from "@gateway/engine";
import { addLines, type PackedLine, packEvents, type ResponseEvent } from "@gateway/protocol";
import type { Database, Statement } from "better-sqlite3";
import { toStorageError } from "../errors.ts";
import { EventJournal } from "./event-journal.ts";
import { EventSegments } from "./event-segments.ts";
import { EventSlice } from "./event-slice.ts";
import type { GroupCommit } from "./group-commit.ts";

/**
 * Packs events for the log, when the store is called: later changes of them do not matter.
 *
 * @throws ApiError `storage_error` when their numbers do not follow each other.
 */
export function toLogged(events: readonly ResponseEvent[] = []): PackedLine[] {
  let next = events[0]?.sequence_number ?? 0;
  for (const { sequence_number } of events) {
    if (sequence_number === next++) continue;
    throw toStorageError(new RangeError("the numbers of events do not follow each other"), "write to");
  }
  return packEvents(events);
}

/** With fewer responses a commit for each of their tokens costs less than it would to wait. */
const manyLogs = 8;

/**
 * The events of responses. Of those that run what was added last is in a journal, all else in segments, rows of their
 * own. What is given to a transaction is done or undone with it.
 */
export class EventLog {
  readonly #segments: EventSegments;
  readonly #journal: EventJournal;
  readonly #find: Statement<[string, string], { seq: number; removed: number }>;

  /** Takes up what a former process has left. @throws Error where that cannot be read. */
  constructor(client: Database, writer: GroupCommit) {
    this.#segments = new EventSegments(client);
    this.#journal = new EventJournal(client, this.#segments, writer);
    this.#find = client.prepare(
      `SELECT seq, seq IN (SELECT response_seq FROM deleted_event_logs) AS removed
       FROM responses WHERE tenant = ? AND id = ? AND response IS NOT NULL`,
    );
  }

  /** Adds events to a response that has not ended, of the row `seq`. In a transaction. */
  add(tenant: string, id: string, seq: number, lines: readonly PackedLine[]): void {
    if (lines.length > 0) this.#journal.add(tenant, id, seq, lines);
  }

  /** Adds events to a response that has begun and not ended; to any other nothing. In a transaction. */
  append(tenant: string, id: string, lines: readonly PackedLine[]): void {
    this.#journal.append(tenant, id, lines);
  }

  /** Whether so many responses are being written that they gain by sharing commits, at the price of waiting for one. */
  get isBusy(): boolean {
    return this.#journal.openLogs >= manyLogs;
  }

  /** Adds the last events of a response, of the row `seq`. In a transaction. */
  end(tenant: string, id: string, seq: number, lines: readonly PackedLine[]): void {
    const rest = this.#journal.end(tenant, id);
    addLines(rest, lines);
    this.#segments.add(seq, rest);
  }

  /** Drops what the log has of a response that is being deleted, but for its segments. In a transaction. */
  drop(tenant: string, id: string): void {
    this.#journal.end(tenant, id);
  }

  /** To be called once responses, or their segments, are gone. Never rejects. */
  release(seqs: readonly number[]): Promise<void> {
    return this.#journal.release(seqs);
  }

  /** Writes what a former process has left in the journal to where it stays. Never rejects: it is read all the same. */
  async resume(): Promise<void> {
    if (!this.#journal.isEmpty) await this.settle();
  }

  /** Writes what is in the journal to where it stays. Never rejects: the next process takes up what is left. */
  async settle(): Promise<void> {
    await this.#journal.empty().catch(() => {});
  }

  /**
   * Events that follow each other with numbers above `after`. Undefined when the response is not found. Where numbers
   * are missing, a read ends before the gap and the next one goes on behind it.
   */
  read(tenant: string, id: string, after: number): EventBatch | undefined {
    const slice = new EventSlice(after + 1);
    const journaled = this.#journal.linesOf(tenant, id);
    const isInMemory = journaled[0] !== undefined && journaled[0].first <= after + 1;
    if (!isInMemory) {
      const found = this.#find.get(tenant, id);
      if (found === undefined) return undefined;
      // A part of a log would pass for the whole: what is being removed is not read any more.
      if (found.removed) return slice.batch;
      for (const line of this.#segments.from(found.seq, after + 1)) if (!slice.take(line)) return slice.batch;
    }
    for (const line of journaled) if (!slice.take(line)) break;
    return slice.batch;
  }
}
