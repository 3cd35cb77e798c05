import type { EventBatch } from "@gateway/engine";
import type { Database, Statement } from "better-sqlite3";

/** A batch as its row has it: taken when the store was called, so that later changes do not matter. */
export interface EventRow {
  first: number;
  /** One event a line. JSON has no line breaks inside its strings, and events are sent without any between. */
  events: string;
}

/** The row of a batch; undefined where there is nothing to write. */
export function toEventRow(batch: EventBatch | undefined): EventRow | undefined {
  if (batch === undefined || batch.events.length === 0) return undefined;
  return { first: batch.first, events: batch.events.join("\n") };
}

/** Text given by one read, unless a single batch is longer: 1-2 ms. */
const readChars = 256 * 1024;

/**
 * The events of responses, in the order they were logged. Its statements are bare ones: an append is most of what
 * the store does while models answer, and drizzle would add 1-2 µs to its 10; a read ends when there is enough,
 * which drizzle's cannot.
 */
export class EventLog {
  readonly #append: Statement<[number, string, string, string]>;
  readonly #add: Statement<[number, number, string]>;
  readonly #find: Statement<[string, string], { seq: number; removed: number }>;
  readonly #from: Statement<[number, number, number], EventRow>;

  constructor(client: Database) {
    // One statement finds the response, sees that it has not ended, and adds the row.
    this.#append = client.prepare(
      `INSERT INTO response_events (response_seq, first, events)
       SELECT seq, ?, ? FROM responses WHERE tenant = ? AND id = ? AND status IN ('queued', 'in_progress')`,
    );
    this.#add = client.prepare("INSERT INTO response_events (response_seq, first, events) VALUES (?, ?, ?)");
    this.#find = client.prepare(
      `SELECT seq, seq IN (SELECT response_seq FROM deleted_event_logs) AS removed
       FROM responses WHERE tenant = ? AND id = ? AND response IS NOT NULL`,
    );
    // From the last batch that does not begin after the number that is looked for.
    this.#from = client.prepare(
      `SELECT first, events FROM response_events
       WHERE response_seq = ? AND first >=
         coalesce((SELECT max(first) FROM response_events WHERE response_seq = ? AND first <= ?), 0)
       ORDER BY first, seq`,
    );
  }

  /** Adds a batch to a response that has begun and not ended; to any other nothing. In a transaction. */
  append(tenant: string, id: string, { first, events }: EventRow): void {
    this.#append.run(first, events, tenant, id);
  }

  /** Adds a batch to the response of a row. In a transaction. */
  add(responseSeq: number, { first, events }: EventRow): void {
    this.#add.run(responseSeq, first, events);
  }

  /**
   * Events that follow each other with numbers above `after`. Undefined when the response is not found. Where numbers
   * are missing, a read ends before the gap and the next one goes on behind it.
   */
  read(tenant: string, id: string, after: number): EventBatch | undefined {
    const found = this.#find.get(tenant, id);
    if (found === undefined) return undefined;
    const { seq: responseSeq, removed } = found;
    const events: string[] = [];
    // A part of a log would pass for the whole: what is being removed is not read any more.
    if (removed) return { first: after + 1, events };
    let first = after + 1;
    let chars = 0;
    for (const row of this.#from.iterate(responseSeq, responseSeq, first)) {
      const next = first + events.length;
      const batch = row.events.split("\n");
      if (row.first + batch.length <= next) continue;
      if (events.length === 0) first = Math.max(first, row.first);
      else if (row.first > next || chars + row.events.length > readChars) break;
      for (const event of batch.slice(Math.max(0, next - row.first))) events.push(event);
      chars += row.events.length;
    }
    return { first, events };
  }
}
