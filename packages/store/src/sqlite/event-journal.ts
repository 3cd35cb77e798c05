import { addLines, type PackedLine } from "@gateway/protocol";
import type { Database, Statement } from "better-sqlite3";
import type { EventSegments } from "./event-segments.ts";
import type { GroupCommit, TransactionPart } from "./group-commit.ts";
import { parseEntries, renderEntry } from "./journal-entries.ts";
import { type OpenLog, OpenLogs } from "./open-logs.ts";

/** The journal is emptied at so many characters: the next start has to read them, and the open logs are in memory. */
const maxChars = 1024 * 1024;
/** It is emptied this long after its first entry at the latest. */
const maxAgeMs = 10_000;

/**
 * What keeps the writing of events cheap. While responses run, the events that one transaction adds to all of them are
 * one row of the journal, without a look-up or an index, and are kept in memory, too. Only when a response ends is its
 * log written where it stays ({@link EventSegments}), and what the journal has of it is of no use any more. Now and then,
 * and whenever content has to go, the journal is emptied: then the open logs are written as far as they are. What a
 * process has left in it is taken up by the next one.
 *
 * It is part of the writer's transactions: what a job changes here counts when its transaction is committed.
 */
export class EventJournal implements TransactionPart {
  readonly #segments: EventSegments;
  readonly #writer: GroupCommit;
  readonly #find: Statement<[string, string], number>;
  readonly #add: Statement<[string]>;
  readonly #clear: Statement<[]>;
  readonly #open = new OpenLogs();
  /** Logs that the transaction under way changes. */
  #touched: OpenLog[] = [];
  /** Responses that the journal has content of. */
  readonly #held = new Set<number>();
  #chars = 0;
  /** What the transaction under way adds to it. */
  #addedChars = 0;
  #isEmptied = false;
  #emptying: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Takes up what a former process has left. */
  constructor(client: Database, segments: EventSegments, writer: GroupCommit) {
    this.#segments = segments;
    this.#writer = writer;
    this.#find = client
      .prepare<[string, string], number>(
        "SELECT seq FROM responses WHERE tenant = ? AND id = ? AND status IN ('queued', 'in_progress')",
      )
      .pluck();
    this.#add = client.prepare("INSERT INTO event_journal (entries) VALUES (?)");
    this.#clear = client.prepare("DELETE FROM event_journal");
    this.#takeUp(client);
    writer.attach(this);
  }

  /** Adds events to a response that has not ended; `seq` is that of its row. In a transaction. */
  add(tenant: string, id: string, seq: number, lines: readonly PackedLine[]): void {
    this.#stage(this.#open.get(tenant, id) ?? this.#open.open(tenant, id, seq), lines);
  }

  /** The same by its id; does nothing for any other response. In a transaction. */
  append(tenant: string, id: string, lines: readonly PackedLine[]): void {
    const log = this.#open.get(tenant, id) ?? this.#reopen(tenant, id);
    if (log !== undefined && !log.over) this.#stage(log, lines);
  }

  /** Takes a response out that ends, and gives what it has of its log. In a transaction. */
  end(tenant: string, id: string): PackedLine[] {
    const log = this.#open.get(tenant, id);
    if (log === undefined || log.over) return [];
    this.#touch(log);
    log.over = true;
    return log.all();
  }

  /** What is committed of the log of a response that has not ended, since the journal was emptied last. */
  linesOf(tenant: string, id: string): readonly PackedLine[] {
    return this.#open.get(tenant, id)?.lines ?? [];
  }

  /** Sees to it that nothing of these responses, which are gone, is left in the journal. Never rejects. */
  async release(seqs: readonly number[]): Promise<void> {
    // What cannot be written now is tried again by the timer, or by the next start.
    if (seqs.some((seq) => this.#held.has(seq))) await this.empty().catch(() => {});
  }

  /**
   * Writes the open logs as far as they are, and removes all that the journal has. Rejects when that cannot be written,
   * or the store is closed.
   */
  empty(): Promise<void> {
    // Whoever asks before its transaction is served by the same one.
    this.#emptying ??= this.#writer
      .write(() => {
        this.#isEmptied = true;
        this.#emptying = undefined;
      }, this.#chars)
      .finally(() => {
        this.#emptying = undefined;
      });
    return this.#emptying;
  }

  /** How many responses have been added to since it was emptied last, and have not ended. */
  get openLogs(): number {
    return this.#open.size;
  }

  /** True when there is nothing in it. */
  get isEmpty(): boolean {
    return this.#chars === 0;
  }

  /** The last thing in a transaction: writes what its jobs have staged. */
  flush(): void {
    if (this.#isEmptied) {
      for (const log of this.#open) if (!log.over) this.#segments.add(log.seq, log.all());
      this.#clear.run();
      return;
    }
    let entries = "";
    for (const { seq, lines, staged, over } of this.#touched) {
      if (!over) entries += renderEntry(seq, lines.at(-1), staged);
    }
    if (entries === "") return;
    this.#add.run(entries);
    this.#addedChars = entries.length;
  }

  /** What was staged is written. */
  committed(): void {
    if (this.#isEmptied) this.#forgetAll();
    for (const log of this.#touched) {
      if (log.over) this.#open.delete(log);
      else if (!this.#isEmptied) {
        addLines(log.lines, log.staged);
        this.#held.add(log.seq);
      }
    }
    this.#chars += this.#addedChars;
    this.#reset();
    this.#plan();
  }

  /** What was staged is not written. */
  rolledBack(): void {
    for (const log of this.#touched) {
      // Perhaps it began in this transaction.
      if (log.lines.length === 0) this.#open.delete(log);
    }
    this.#reset();
  }

  /** Opens the log of a response that has begun before the journal was emptied. */
  #reopen(tenant: string, id: string): OpenLog | undefined {
    const seq = this.#find.get(tenant, id);
    return seq === undefined ? undefined : this.#open.open(tenant, id, seq);
  }

  #stage(log: OpenLog, lines: readonly PackedLine[]): void {
    this.#touch(log);
    addLines(log.staged, lines);
  }

  #touch(log: OpenLog): void {
    if (!log.touched) this.#touched.push(log);
    log.touched = true;
  }

  #reset(): void {
    for (const log of this.#touched) {
      log.staged = [];
      log.touched = false;
      log.over = false;
    }
    this.#touched = [];
    this.#isEmptied = false;
    this.#addedChars = 0;
  }

  /** After all is written. A log that goes on is entered anew with its next events. */
  #forgetAll(): void {
    this.#open.clear();
    this.#held.clear();
    this.#chars = 0;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #plan(): void {
    if (this.#chars === 0 || this.#writer.closed) return;
    // What cannot be written now is tried again after the next commit.
    if (this.#chars > maxChars) this.empty().catch(() => {});
    else this.#timer ??= setTimeout(this.#onTime, maxAgeMs).unref();
  }

  readonly #onTime = (): void => {
    this.#timer = undefined;
    this.empty().catch(() => {});
  };

  #takeUp(client: Database): void {
    const response = client.prepare<[number], { tenant: string; id: string }>(
      "SELECT tenant, id FROM responses WHERE seq = ? AND status IN ('queued', 'in_progress')",
    );
    const rows = client.prepare<[], string>("SELECT entries FROM event_journal ORDER BY seq").pluck();
    const logs = new Map<number, OpenLog | undefined>();
    for (const entries of rows.all()) {
      this.#chars += entries.length;
      for (const { seq, lines } of parseEntries(entries, (seq) => logs.get(seq)?.lines.at(-1))) {
        if (!logs.has(seq)) {
          const found = response.get(seq);
          logs.set(seq, found && this.#open.open(found.tenant, found.id, seq));
        }
        const log = logs.get(seq);
        if (log !== undefined) addLines(log.lines, lines);
        this.#held.add(seq);
      }
    }
  }
}
