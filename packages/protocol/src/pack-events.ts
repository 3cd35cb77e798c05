import {
  encodeDelta,
  encodeEvent,
  isPlainDelta,
  isSameText,
  type PlainDelta,
  placeOf,
} from "./encode-event.ts";
import type { ResponseEvent } from "./events.ts";

/**
 * Events as they are kept. A line is either the JSON of one event, or a run: plain deltas that follow each other at
 * one place, written as `[first number, how many, type, item_id, output_index, content_index, text, text, …]` (without
 * `content_index` where there is none). A token then takes a few bytes instead of some 200.
 */
export interface PackedLine {
  /** The `sequence_number` of its first event. */
  readonly first: number;
  /** How many events it holds. */
  readonly count: number;
  /** What the events of a run have in common, as JSON; undefined for a single event. */
  readonly run: string | undefined;
  /** The JSON of the event, or the texts of a run, each as JSON and with commas between them. */
  readonly text: string;
}

/** A run of so many characters is closed: to read one event of it, all of it has to be parsed. */
const runChars = 4096;

/** Packs events, in their order. */
export function packEvents(events: readonly ResponseEvent[]): PackedLine[] {
  const lines: PackedLine[] = [];
  let last: PlainDelta | undefined;
  let [first, count, text] = [0, 0, ""];
  for (const event of events) {
    const delta = isPlainDelta(event) ? event : undefined;
    const json = delta === undefined ? encodeEvent(event) : JSON.stringify(delta.delta);
    if (delta !== undefined && last !== undefined && follows(delta, last) && text.length < runChars) {
      count++;
      text += `,${json}`;
    } else {
      if (last !== undefined) lines.push({ first, count, run: runOf(last), text });
      if (delta === undefined)
        lines.push({ first: event.sequence_number, count: 1, run: undefined, text: json });
      else [first, count, text] = [event.sequence_number, 1, json];
    }
    last = delta;
  }
  if (last !== undefined) lines.push({ first, count, run: runOf(last), text });
  return lines;
}

/** Adds lines to others. Where they go on with a run it stays one line. */
export function addLines(to: PackedLine[], lines: readonly PackedLine[]): void {
  for (const line of lines) {
    const last = to.at(-1);
    const goesOn = last?.run !== undefined && last.run === line.run && last.first + last.count === line.first;
    if (goesOn && last.text.length < runChars) {
      const { first, run } = last;
      to[to.length - 1] = { first, count: last.count + line.count, run, text: `${last.text},${line.text}` };
    } else to.push(line);
  }
}

/** A line as text, which has no line breaks. */
export function renderLine({ first, count, run, text }: PackedLine): string {
  return run === undefined ? text : `[${first},${count},${run},${text}]`;
}

/** Reads what {@link renderLine} has written. The number of a single event is not in its line: `first` says it. */
export function parseLine(line: string, first: number): PackedLine {
  if (line.startsWith("{")) return { first, count: 1, run: undefined, text: line };
  const [head = "", number, count, run] = runHead.exec(line) ?? [];
  if (run === undefined) throw new Error("a line of events is neither an event nor a run");
  return { first: Number(number), count: Number(count), run, text: line.slice(head.length, -1) };
}

const runHead = /^\[(\d+),(\d+),("[^"]*","[^"]*",\d+(?:,\d+)?),/;

/** The JSON of a line's events, as {@link encodeEvent} writes them, from a number on. */
export function unpackLine({ first, count, run, text }: PackedLine, from: number): string[] {
  if (from >= first + count) return [];
  if (run === undefined) return [text];
  const [type, item_id, output_index, content_index] = JSON.parse(`[${run}]`);
  const place = placeOf({ item_id, output_index, content_index });
  const events: string[] = [];
  const texts = JSON.parse(`[${text}]`) as string[];
  for (let n = Math.max(0, from - first); n < count; n++) {
    events.push(encodeDelta(type, first + n, place, JSON.stringify(texts[n])));
  }
  return events;
}

function runOf(event: PlainDelta): string {
  const { type, item_id, output_index } = event;
  const item = `"${type}","${item_id}",${output_index}`;
  return "content_index" in event ? `${item},${event.content_index}` : item;
}

function follows(event: PlainDelta, last: PlainDelta): boolean {
  return event.sequence_number === last.sequence_number + 1 && isSameText(event, last);
}
