import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { fromResetCode, toCallError, toStatus, toStatusMessage } from "./grpc-status.ts";
import { parseTimeout } from "./process-method.ts";

test("a message is percent-encoded for the header it travels in", () => {
  expect(toStatusMessage("plain text, 100%")).toBe("plain text, 100%25");
  expect(toStatusMessage("line\nbreak é")).toBe("line%0Abreak %C3%A9");
});

test("the trailers carry code and message", () => {
  expect(toStatus(undefined)).toEqual({ "grpc-status": "0" });
  expect(toStatus(new ConnectError("too long", Code.ResourceExhausted))).toEqual({
    "grpc-status": "8",
    "grpc-message": "too long",
  });
});

test("a fault of the program does not tell its message to the peer", () => {
  const fault = new Error("password is hunter2");
  const error = toCallError(fault);
  expect(toStatus(error)).toEqual({ "grpc-status": "13", "grpc-message": "the exchange failed" });
  expect(error.cause).toBe(fault);
});

test.each([
  [0, Code.Canceled],
  [2, Code.Canceled],
  [8, Code.Canceled],
  [7, Code.Unavailable],
  [11, Code.ResourceExhausted],
  [1, Code.Internal],
])("a reset with HTTP/2 code %i is gRPC code %i", (reset, code) => {
  expect(fromResetCode(reset).code).toBe(code);
});

test.each([
  ["100m", 100],
  ["2S", 2000],
  ["1H", 3_600_000],
  ["1500u", 1.5],
  ["5", undefined],
  ["123456789m", undefined],
  [undefined, undefined],
])("grpc-timeout %s is %s ms", (value, milliseconds) => {
  expect(parseTimeout(value)).toBe(milliseconds);
});
