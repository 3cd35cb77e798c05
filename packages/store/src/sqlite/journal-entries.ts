import { type PackedLine, parseLine, renderLine } from "@gateway/protocol";

/** What one transaction has added to the log of one response. */
export interface JournalEntry {
  /** The number of the response's row. */
  seq: number;
  /** The lines that it adds to those that the log had `before`, none of them changed. */
  lines: PackedLine[];
}

/**
 * Renders what is added to a log, as lines of text that begin with the response's `seq`. Most of what is added goes on
 * with the run that the log ends with, and is `seq+count,texts`. All else is `seq first`, with the lines of the events
 * from that number on behind it, and again after each gap.
 */
export function renderEntry(
  seq: number,
  before: PackedLine | undefined,
  lines: readonly PackedLine[],
): string {
  let entry = "";
  let last = before;
  let isOpen = false;
  for (const line of lines) {
    const follows = last !== undefined && last.first + last.count === line.first;
    if (follows && last?.run !== undefined && last.run === line.run) {
      entry += `${seq}+${line.count},${line.text}\n`;
      isOpen = false;
    } else {
      if (!isOpen || !follows) entry += `${seq} ${line.first}\n`;
      entry += `${renderLine(line)}\n`;
      isOpen = true;
    }
    last = line;
  }
  return entry;
}

/** Reads entries, one after the other; `lastOf` gives the line that the log of a row ends with. */
export function* parseEntries(
  text: string,
  lastOf: (seq: number) => PackedLine | undefined,
): Generator<JournalEntry, void, undefined> {
  let [seq, next] = [Number.NaN, Number.NaN];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [head, row, sign, number] = entryHead.exec(line) ?? [];
    if (head === undefined) {
      const packed = parseLine(line, next);
      yield { seq, lines: [packed] };
      next = packed.first + packed.count;
      continue;
    }
    [seq, next] = [Number(row), Number(number)];
    if (sign !== "+") continue;
    const last = lastOf(seq);
    if (last === undefined) continue;
    if (last.run === undefined) throw new Error("an entry of the event journal goes on with nothing");
    const first = last.first + last.count;
    yield { seq, lines: [{ first, count: next, run: last.run, text: line.slice(head.length) }] };
  }
}

const entryHead = /^(\d+)([ +])(\d+),?/;
