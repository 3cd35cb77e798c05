import { type PackedLine, parseLine, renderLine } from "@gateway/protocol";
import type { Database, Statement } from "better-sqlite3";

/** A row is closed at so many characters: to read one event of it, all of it is fetched. */
const segmentChars = 32 * 1024;

interface SegmentRow {
  first: number;
  events: string;
}

/**
 * The rows of event logs: parts of a log, each with the packed lines of events that follow each other without a gap.
 * Rows of former versions have the JSON of an event on every line, which is a packed line, too. Its statements are bare
 * ones: a read ends when there is enough, which drizzle's cannot.
 */
export class EventSegments {
  readonly #add: Statement<[number, number, string]>;
  readonly #from: Statement<[number, number, number], SegmentRow>;

  constructor(client: Database) {
    this.#add = client.prepare("INSERT INTO response_events (response_seq, first, events) VALUES (?, ?, ?)");
    // From the last row that does not begin after the number that is looked for.
    this.#from = client.prepare(
      `SELECT first, events FROM response_events
       WHERE response_seq = ? AND first >=
         coalesce((SELECT max(first) FROM response_events WHERE response_seq = ? AND first <= ?), 0)
       ORDER BY first, seq`,
    );
  }

  /** Adds events to the log of a response, in as few rows as may be. In a transaction. */
  add(responseSeq: number, lines: readonly PackedLine[]): void {
    let [first, next, text] = [0, 0, ""];
    for (const line of lines) {
      const rendered = renderLine(line);
      if (text === "" || line.first !== next || text.length + rendered.length > segmentChars) {
        if (text !== "") this.#add.run(responseSeq, first, text);
        [first, text] = [line.first, rendered];
      } else text += `\n${rendered}`;
      next = line.first + line.count;
    }
    if (text !== "") this.#add.run(responseSeq, first, text);
  }

  /** The lines of a log from the row on that has event `number`; the first may be older. */
  *from(responseSeq: number, number: number): Generator<PackedLine, void, undefined> {
    for (const { first, events } of this.#from.iterate(responseSeq, responseSeq, number)) {
      yield* parseLines(events, first);
    }
  }
}

/** Reads lines that follow each other, of which the first has event `first`. */
export function* parseLines(text: string, first: number): Generator<PackedLine, void, undefined> {
  let next = first;
  for (const rendered of text.split("\n")) {
    const line = parseLine(rendered, next);
    yield line;
    next = line.first + line.count;
  }
}
