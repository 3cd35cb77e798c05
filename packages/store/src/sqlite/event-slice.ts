import type { EventBatch } from "@gateway/engine";
import { type PackedLine, unpackLine } from "@gateway/protocol";

/** Text given by one read, unless a single line is longer: a fraction of a millisecond. */
const readChars = 64 * 1024;
/** About what an event of a run has besides its text. */
const eventChars = 180;

/** Collects the events that one read gives: those that follow each other, and no more than can be taken at once. */
export class EventSlice {
  #first: number;
  #chars = 0;
  readonly #events: string[] = [];

  /** `first` is the lowest number that is wanted. */
  constructor(first: number) {
    this.#first = first;
  }

  /** Takes the next line of the log; false when the read ends before it. What it has already is passed over. */
  take(line: PackedLine): boolean {
    const next = this.#first + this.#events.length;
    if (line.first + line.count <= next) return true;
    const chars = line.text.length + (line.run === undefined ? 0 : line.count * eventChars);
    if (this.#events.length === 0) this.#first = Math.max(next, line.first);
    else if (line.first > next || this.#chars + chars > readChars) return false;
    for (const event of unpackLine(line, next)) this.#events.push(event);
    this.#chars += chars;
    return true;
  }

  /** What was taken. */
  get batch(): EventBatch {
    return { first: this.#first, events: this.#events };
  }
}
