import { expect, test } from "vitest";
import { addedByLoop } from "./file-search.ts";

const times = (...p50: number[]) => p50.map((each) => ({ p50: each }));

test("what the loop adds is taken round by round, and its middle counts", () => {
  const all = {
    "plain response": times(1, 2, 1),
    "search by itself": times(5, 9, 5),
    "response with a file search": times(8, 14, 100),
  };
  expect(addedByLoop(all)).toBe(1);
});

test("without one of the parts nothing is told", () => {
  expect(
    addedByLoop({ "plain response": times(1), "response with a file search": times(8) }),
  ).toBeUndefined();
});
