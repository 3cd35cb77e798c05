import { addLines, encodeEvent, type PackedLine, packEvents, unpackLine } from "@gateway/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sampleEvents } from "../contract/sample-events.ts";
import { parseEntries, renderEntry } from "./journal-entries.ts";

/** What several responses get, one transaction after the other; a gap is left in front of some. */
const transactions = fc.array(
  fc.array(
    fc.record({
      seq: fc.integer({ min: 1, max: 3 }),
      count: fc.integer({ min: 1, max: 15 }),
      gap: fc.constantFrom(0, 0, 0, 0, 2),
    }),
    { maxLength: 4 },
  ),
  { maxLength: 12 },
);

test("what is added to logs is read as it was added, in whatever pieces", () => {
  fc.assert(
    fc.property(transactions, (given) => {
      const written = new Map<number, PackedLine[]>();
      const read = new Map<number, PackedLine[]>();
      const events = new Map<number, string[]>();
      const next = new Map<number, number>();
      for (const additions of given) {
        let text = "";
        for (const { seq, count, gap } of additions) {
          const log = written.get(seq) ?? [];
          const added = sampleEvents((next.get(seq) ?? 0) + gap, count, `${seq}`);
          next.set(seq, (next.get(seq) ?? 0) + gap + count);
          text += renderEntry(seq, log.at(-1), packEvents(added));
          addLines(log, packEvents(added));
          written.set(seq, log);
          events.set(seq, [...(events.get(seq) ?? []), ...added.map(encodeEvent)]);
        }
        for (const { seq, lines } of parseEntries(text, (of) => read.get(of)?.at(-1))) {
          const log = read.get(seq) ?? [];
          addLines(log, lines);
          read.set(seq, log);
        }
      }
      expect(read).toEqual(written);
      for (const [seq, lines] of read)
        expect(lines.flatMap((line) => unpackLine(line, 0))).toEqual(events.get(seq));
    }),
  );
});

test("what goes on with a log that is not there is passed over, and with no run is an error", () => {
  const entries = '7+1,"x"\n';
  expect([...parseEntries(entries, () => undefined)]).toEqual([]);
  const single = { first: 0, count: 1, run: undefined, text: "{}" };
  expect(() => [...parseEntries(entries, () => single)]).toThrow(/goes on with nothing/);
});
