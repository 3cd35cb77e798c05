import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeEvent } from "./encode-event.ts";
import type { ResponseEvent } from "./events.ts";
import { addLines, type PackedLine, packEvents, parseLine, renderLine, unpackLine } from "./pack-events.ts";
import { sampleStream } from "./testing/sample-streams.ts";

const texts = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.constantFrom('","', '"', '\\","', "\n", "\u2028", "]", "[", "\ud83d", "", "{"),
);
const place = fc.record({
  item_id: fc.constantFrom("msg_1", "rs_2", "fc_3"),
  output_index: fc.nat({ max: 2 }),
});
const part = { content_index: fc.nat({ max: 1 }) };
const logprobs = fc.constantFrom([], [{ token: "x", logprob: -1, bytes: [120], top_logprobs: [] }]);

const body = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(place, fc.record({ ...part, delta: texts, logprobs })).map(toText) },
  { weight: 3, arbitrary: fc.tuple(place, fc.record({ ...part, delta: texts })).map(toThought) },
  { weight: 3, arbitrary: fc.tuple(place, fc.record({ delta: texts })).map(toArguments) },
  { weight: 1, arbitrary: fc.constantFrom(...sampleStream()) },
);

function toText([at, rest]: [object, object]) {
  return { type: "response.output_text.delta", ...at, ...rest };
}

function toThought([at, rest]: [object, object]) {
  return { type: "response.reasoning_text.delta", ...at, ...rest };
}

function toArguments([at, rest]: [object, object]) {
  return { type: "response.function_call_arguments.delta", ...at, ...rest };
}

/** Events in any order of types and fields; their numbers have gaps now and then. */
const anyEvents = fc
  .array(fc.tuple(body, fc.integer({ min: -30, max: 3 })), { maxLength: 60 })
  .map((made) => {
    let number = 0;
    return made.map(([fields, gap]) => {
      number += Math.max(1, gap);
      return { ...fields, sequence_number: number } as ResponseEvent;
    });
  });

function unpack(lines: readonly PackedLine[], from = 0): string[] {
  return lines.flatMap((line) => unpackLine(line, from));
}

/** As a line of text and back. */
function copy(line: PackedLine): PackedLine {
  const text = renderLine(line);
  expect(text).not.toContain("\n");
  return parseLine(text, line.first);
}

describe("packed events", () => {
  test("are unpacked byte for byte as they are sent, from any number on", () => {
    fc.assert(
      fc.property(anyEvents, fc.nat({ max: 80 }), (events, from) => {
        const lines = packEvents(events);
        expect(lines.map(copy)).toEqual(lines);
        expect(unpack(lines)).toEqual(events.map(encodeEvent));
        const wanted = events.filter(({ sequence_number }) => sequence_number >= from);
        expect(unpack(lines, from)).toEqual(wanted.map(encodeEvent));
      }),
      { numRuns: 500 },
    );
  });

  test("are the same however they were cut into batches", () => {
    fc.assert(
      fc.property(anyEvents, fc.array(fc.nat({ max: 8 })), (events, cuts) => {
        const lines: PackedLine[] = [];
        let at = 0;
        for (const size of [...cuts, events.length]) {
          addLines(lines, packEvents(events.slice(at, at + size)));
          at += size;
        }
        expect(lines).toEqual(packEvents(events));
        const counted = lines.reduce((sum, { count }) => sum + count, 0);
        expect(counted).toBe(events.length);
      }),
    );
  });

  test("of a stream of tokens are a line for many, and no line is long", () => {
    const events = Array.from({ length: 9000 }, (_, sequence_number): ResponseEvent => {
      const at = { item_id: "msg_1", output_index: 0, content_index: 0 };
      return { type: "response.output_text.delta", sequence_number, ...at, delta: "token ", logprobs: [] };
    });
    for (const lines of [packEvents(events), packEvents(events.slice(0, 40))]) {
      const chars = lines.map((line) => renderLine(line).length);
      expect(chars.reduce((sum, length) => sum + length)).toBeLessThan(12 * 9000);
      expect(Math.max(...chars)).toBeLessThan(5000);
    }
    expect(packEvents(events).length).toBeLessThan(24);
  });

  test("are not taken for what they are not", () => {
    for (const line of ["", "x", "[]", '[1,2,"a"]', "[1,2]"])
      expect(() => parseLine(line, 0)).toThrow(/neither/);
  });
});
