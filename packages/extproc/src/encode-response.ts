import { toBinary } from "@bufbuild/protobuf";
import type { ProcessingResponse } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { ProcessingResponseSchema } from "./gen/envoy/service/ext_proc/v3/external_processor_pb.ts";
import { framePrefixBytes, toFrame, writeFramePrefix } from "./grpc-framing.ts";

// Tags: field number << 3 | 2 for what has a length, 0 for a flag.
const streamedImmediateResponseTag = (11 << 3) | 2;
const bodyResponseTag = (2 << 3) | 2;
const bodyTag = (1 << 3) | 2;
const endOfStreamTag = (2 << 3) | 0;

/**
 * A response as a gRPC frame. A piece of a streamed body, of which there is one for every few tokens, is written by
 * hand into the one buffer that goes out; all else goes the ordinary way.
 */
export function encodeResponse(response: ProcessingResponse): Buffer {
  const { response: kind } = response;
  if (
    kind.case !== "streamedImmediateResponse" ||
    kind.value.response.case !== "bodyResponse" ||
    response.dynamicMetadata !== undefined ||
    response.modeOverride !== undefined ||
    response.overrideMessageTimeout !== undefined
  ) {
    return toFrame(toBinary(ProcessingResponseSchema, response));
  }

  const { body, endOfStream } = kind.value.response.value;
  const bodyFieldBytes = body.length === 0 ? 0 : 1 + varintBytes(body.length) + body.length;
  const pieceBytes = bodyFieldBytes + (endOfStream ? 2 : 0);
  const streamedBytes = 1 + varintBytes(pieceBytes) + pieceBytes;
  const messageBytes = 1 + varintBytes(streamedBytes) + streamedBytes;

  const frame = Buffer.allocUnsafe(framePrefixBytes + messageBytes);
  writeFramePrefix(frame, messageBytes);
  let at = writeField(frame, framePrefixBytes, streamedImmediateResponseTag, streamedBytes);
  at = writeField(frame, at, bodyResponseTag, pieceBytes);
  if (body.length > 0) {
    at = writeField(frame, at, bodyTag, body.length);
    frame.set(body, at);
    at += body.length;
  }
  if (endOfStream) writeField(frame, at, endOfStreamTag, 1);
  return frame;
}

/** Writes a tag (one byte) and a number at `at`; gives the place behind them. */
function writeField(frame: Buffer, at: number, tag: number, value: number): number {
  frame[at] = tag;
  let place = at + 1;
  let rest = value;
  while (rest > 0x7f) {
    frame[place++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  frame[place++] = rest;
  return place;
}

/** How many bytes a number takes, below 2^32. */
function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}
