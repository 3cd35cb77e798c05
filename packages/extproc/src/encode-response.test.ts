import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeResponse } from "./encode-response.ts";
import { ProcessingResponseSchema } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { toFrame } from "./grpc-framing.ts";

function bodyPiece(body: Uint8Array, endOfStream: boolean) {
  return create(ProcessingResponseSchema, {
    response: {
      case: "streamedImmediateResponse",
      value: { response: { case: "bodyResponse", value: { body, endOfStream } } },
    },
  });
}

test("a piece of a body is written as the protobuf library writes it", () => {
  const sizes = fc.constantFrom(
    0,
    1,
    2,
    100,
    119,
    120,
    124,
    125,
    127,
    128,
    16_370,
    16_383,
    16_384,
    70_000,
    2_100_000,
  );
  fc.assert(
    fc.property(sizes, fc.boolean(), (size, endOfStream) => {
      const piece = bodyPiece(Buffer.alloc(size, 7), endOfStream);
      expect(encodeResponse(piece).equals(toFrame(toBinary(ProcessingResponseSchema, piece)))).toBe(true);
    }),
  );
});

test("metadata on a piece of a body is not lost", () => {
  const piece = bodyPiece(Buffer.from("x"), true);
  piece.dynamicMetadata = { "io.gateway": { model: "m" } };
  const decoded = fromBinary(ProcessingResponseSchema, encodeResponse(piece).subarray(5));
  expect(decoded.dynamicMetadata).toEqual({ "io.gateway": { model: "m" } });
});
