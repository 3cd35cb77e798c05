import { expect, test } from "vitest";
import { parseFrame } from "./parse-frame.ts";

const parse = (value: unknown) =>
  parseFrame(Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));

test("response.create is its lane and a body", () => {
  expect(parse({ type: "response.create", stream_id: "a", model: "m", generate: false })).toEqual({
    type: "response.create",
    streamId: "a",
    body: { model: "m", generate: false },
  });
  expect(parse({ type: "response.create", stream_id: null })).toEqual({
    type: "response.create",
    streamId: undefined,
    body: {},
  });
});

test("response.steer is its target and its input, and what does not belong there is named", () => {
  const frame = { type: "response.steer", previous_response_id: "resp_1", input: ["?"], stream_id: "a" };
  expect(parse(frame)).toEqual({
    type: "response.steer",
    previousResponseId: "resp_1",
    input: ["?"],
    unknown: ["stream_id"],
  });
});

test.for([
  ["{", 400, null],
  [Buffer.from([0x22, 0xff, 0x22]).toString("latin1"), 422, null],
  ['"text"', 422, null],
  [{ model: "m" }, 422, "type"],
  [{ type: 5 }, 422, "type"],
  [{ type: "response.cancel" }, 422, "type"],
  [{ type: "response.create", stream_id: 5 }, 422, "stream_id"],
  [{ type: "response.create", stream_id: "x".repeat(200) }, 422, "stream_id"],
  [{ type: "response.steer", input: "x" }, 422, "previous_response_id"],
] as const)("%j is refused", ([value, status, param]) => {
  expect(() => parse(value)).toThrow(expect.objectContaining({ status, param }));
});

test("bytes that are not UTF-8 are refused", () => {
  expect(() => parseFrame(Buffer.from([0x22, 0xff, 0x22]))).toThrow(expect.objectContaining({ status: 400 }));
});
