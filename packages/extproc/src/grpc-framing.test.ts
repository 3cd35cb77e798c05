import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameDecoder, toFrame } from "./grpc-framing.ts";

function decode(chunks: Buffer[], maxMessageBytes = 1024 * 1024): string[] {
  const decoder = new FrameDecoder(maxMessageBytes);
  const messages: string[] = [];
  for (const chunk of chunks) decoder.push(chunk, (message) => messages.push(message.toString("hex")));
  decoder.end();
  return messages;
}

/** Cuts `bytes` at the given places. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i], end));
}

function codeOf(action: () => unknown): Code | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ConnectError) return error.code;
    throw error;
  }
  return undefined;
}

describe("the frame decoder", () => {
  test("gives the same messages however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (messages, places) => {
          const bytes = Buffer.concat(messages.map(toFrame));
          const expected = messages.map((message) => Buffer.from(message).toString("hex"));
          expect(decode(cut(bytes, places))).toEqual(expected);
        },
      ),
    );
  });

  test("takes a message that comes byte by byte", () => {
    const bytes = toFrame(Buffer.from("hello"));
    expect(decode([...bytes].map((byte) => Buffer.from([byte])))).toEqual([
      Buffer.from("hello").toString("hex"),
    ]);
  });

  test("refuses a message over the limit as soon as its length is known", () => {
    const prefix = toFrame(Buffer.alloc(11)).subarray(0, 5);
    expect(codeOf(() => decode([prefix], 10))).toBe(Code.ResourceExhausted);
    expect(decode([toFrame(Buffer.alloc(10))], 10)).toEqual(["00".repeat(10)]);
  });

  test("refuses a compressed message and bytes that are not gRPC", () => {
    expect(codeOf(() => decode([Buffer.from([1, 0, 0, 0, 0])]))).toBe(Code.Internal);
    expect(codeOf(() => decode([Buffer.from("GET / HTTP/1.1")]))).toBe(Code.Internal);
  });

  test("refuses an end within a message", () => {
    expect(codeOf(() => decode([Buffer.from([0, 0, 0])]))).toBe(Code.Internal);
    expect(codeOf(() => decode([Buffer.from([0, 0, 0, 0, 2, 7])]))).toBe(Code.Internal);
  });

  test("never throws anything but a gRPC error, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        codeOf(() => decode(chunks.map((chunk) => Buffer.from(chunk))));
      }),
    );
  });
});
