import type { Item } from "@gateway/protocol";
import { expect, test } from "vitest";
import { pathsInto } from "./param-path.ts";

const content = [{ type: "input_text" as const, text: "x" }];
const places = new Map([["own_1", 1]]);

test("an item of the request's own input is named by its place there", () => {
  const item = { type: "message", id: "own_1", role: "user", content } as Item;
  expect(pathsInto(places, item)(0, "file_id")).toBe("input[1].content[0].file_id");
});

test("an item of the history is named by the input as a whole", () => {
  const item = { type: "message", id: "msg_0", role: "user", content } as Item;
  expect(pathsInto(places, item)(0, "file_id")).toBe("input");
});

test("a screenshot is an object of its own", () => {
  const output = { type: "computer_screenshot" as const, file_id: "file-1" };
  const item = { type: "computer_call_output", id: "own_1", call_id: "c", output } as Item;
  expect(pathsInto(places, item)(0, "file_id")).toBe("input[1].output.file_id");
});

test("the parts of a function's output are under output", () => {
  const output = [{ type: "input_image" as const, file_id: "file-1" }];
  const item = { type: "function_call_output", id: "own_1", call_id: "c", output } as Item;
  expect(pathsInto(places, item)(0, "file_id")).toBe("input[1].output[0].file_id");
});
