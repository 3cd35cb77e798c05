import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame } from "./child/frames.ts";
import { FrameReader } from "./frame-reader.ts";

function bytesOf(head: unknown, body?: Uint8Array): Buffer {
  return Buffer.concat(encodeFrame(head, body));
}

test("frames come out as they went in, however their bytes are cut", () => {
  const frames = fc.array(fc.tuple(fc.jsonValue(), fc.uint8Array({ maxLength: 40 })), { maxLength: 5 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(20), { minLength: 1 }), (sent, cuts) => {
      const received: unknown[] = [];
      const reader = new FrameReader(1e6, 1e6, ({ head, body }) => received.push([head, [...body]]));
      const all = Buffer.concat(sent.map(([head, body]) => bytesOf(head, body)));
      for (let at = 0, turn = 0; at < all.length; turn++) {
        const length = (cuts[turn % cuts.length] ?? 0) + 1;
        reader.take(all.subarray(at, at + length));
        at += length;
      }
      expect(received).toEqual(sent.map(([head, body]) => [JSON.parse(JSON.stringify(head)), [...body]]));
    }),
  );
});

test.each([
  ["a head that is too long", bytesOf({ text: "x".repeat(200) })],
  ["a body that is too long", bytesOf({}, new Uint8Array(101))],
  ["a head that is no JSON", Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0x7b])],
  ["a head of no bytes", Buffer.alloc(8)],
  ["anything", Buffer.from("hello, this is no frame")],
])("%s is refused, before it is all there", (_, bytes) => {
  const reader = new FrameReader(100, 100, () => {});
  expect(() => reader.take(bytes)).toThrow();
});
