import { ApiError } from "@gateway/protocol";
import { expect, test } from "vitest";
import { renderErrorFrame, renderSteerFrame } from "./render-frames.ts";

test("an error has its status, the four keys of its body, its headers and its lane", () => {
  const error = new ApiError("Slow.", {
    status: 429,
    type: "rate_limit_error",
    code: "slow_down",
    retryAfter: 1.2,
  });
  expect(JSON.parse(renderErrorFrame(error, "a", { "x-request-id": "req_1" }))).toEqual({
    type: "error",
    status: 429,
    error: {
      message: "Slow.",
      type: "rate_limit_error",
      param: null,
      code: "slow_down",
      headers: { "x-request-id": "req_1", "retry-after": "2" },
    },
    stream_id: "a",
  });
});

test("an error without headers and lane has neither", () => {
  const error = new ApiError("No.", { status: 400, type: "invalid_request_error" });
  const frame = JSON.parse(renderErrorFrame(error));
  expect(Object.keys(frame)).toEqual(["type", "status", "error"]);
  expect("headers" in frame.error).toBe(false);
});

test("a steering event has its number and, where there is one, its lane", () => {
  const event = {
    type: "response.steer.accepted",
    steer: { id: "steer_1", previous_response_id: "resp_1" },
  } as const;
  expect(JSON.parse(renderSteerFrame(event, 3, "a"))).toEqual({
    ...event,
    sequence_number: 3,
    stream_id: "a",
  });
  expect("stream_id" in JSON.parse(renderSteerFrame(event, 3))).toBe(false);
});
