import { expect, test } from "vitest";
import { addedByCall } from "./mcp.ts";

const times = (...p50: number[]) => p50.map((each) => ({ p50: each }));

test("what a call adds is taken round by round, and its middle counts", () => {
  const all = {
    "plain response": times(1, 2, 1),
    "call by itself": times(0.5, 0.5, 0.5),
    "response with a call": times(3.5, 5.5, 100),
  };
  expect(addedByCall(all)).toBe(1);
});

test("without one of the parts nothing is told", () => {
  expect(addedByCall({ "plain response": times(1), "response with a call": times(8) })).toBeUndefined();
});
