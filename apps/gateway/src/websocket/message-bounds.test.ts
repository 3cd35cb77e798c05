import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageBounds } from "./message-bounds.ts";

interface Frame {
  opcode: number;
  fin: boolean;
  size: number;
}

/** A frame as a client sends it, masked. */
function encode({ opcode, fin, size }: Frame): Buffer {
  const long = size > 65_535 ? 8 : size > 125 ? 2 : 0;
  const frame = Buffer.alloc(6 + long + size, 0xff);
  frame[0] = opcode | (fin ? 0x80 : 0);
  frame[1] = 0x80 | (long === 8 ? 127 : long === 2 ? 126 : size);
  if (long === 8) frame.writeBigUInt64BE(BigInt(size), 2);
  if (long === 2) frame.writeUInt16BE(size, 2);
  return frame;
}

const [text, ping] = [
  { opcode: 1, fin: true },
  { opcode: 9, fin: true },
];

describe("the bounds of messages", () => {
  test.for([0, 1, 125, 126, 65_535, 65_536])("of %i bytes are found, byte by byte", (size) => {
    const bounds = new MessageBounds();
    const frame = encode({ ...text, size });
    let wrong = 0;
    for (let at = 0; at < frame.length - 1; at++) {
      if (bounds.push(frame.subarray(at, at + 1)) || bounds.unfinished !== at + 1) wrong++;
    }
    expect(wrong).toBe(0);
    expect([bounds.push(frame.subarray(-1)), bounds.unfinished]).toEqual([true, 0]);
  });

  test("of a message in fragments stay open, whatever comes between", () => {
    const bounds = new MessageBounds();
    const begin = encode({ ...text, fin: false, size: 300 });
    expect([bounds.push(begin), bounds.unfinished]).toEqual([false, begin.length]);
    expect(bounds.push(encode({ ...ping, size: 5 }))).toBe(false);
    expect(bounds.push(encode({ opcode: 0, fin: false, size: 0 }))).toBe(false);
    expect(bounds.unfinished).toBeGreaterThan(begin.length);
    expect([bounds.push(encode({ opcode: 0, fin: true, size: 1 })), bounds.unfinished]).toEqual([true, 0]);
  });

  test("do not depend on how the bytes are cut", () => {
    const frame = fc.record({
      size: fc.oneof(fc.nat(200), fc.constantFrom(65_535, 65_536)),
      kind: fc.constantFrom("ping", "whole", "parts"),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9_000 })),
        (frames, cuts) => {
          const bytes = Buffer.concat(
            frames.map(({ size, kind }) => {
              if (kind === "ping") return encode({ ...ping, size: size % 126 });
              if (kind === "whole") return encode({ ...text, size });
              return Buffer.concat([
                encode({ ...text, fin: false, size }),
                encode({ opcode: 0, fin: true, size }),
              ]);
            }),
          );
          const bounds = new MessageBounds();
          const tail = encode({ ...text, size: 9 }).subarray(0, -1);
          const all = Buffer.concat([bytes, tail]);
          let ended = false;
          for (let at = 0; at < all.length; ) {
            const { value: length } = cuts.next();
            ended = bounds.push(all.subarray(at, at + length)) || ended;
            at += length;
          }
          expect([ended, bounds.unfinished]).toEqual([frames.length > 0, tail.length]);
        },
      ),
      { numRuns: 50 },
    );
  });
});
