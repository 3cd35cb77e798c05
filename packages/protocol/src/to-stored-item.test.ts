import { describe, expect, test } from "vitest";
import { toStoredItem } from "./to-stored-item.ts";

describe("a stored item", () => {
  test.for([
    ["user", { type: "input_text", text: "hi" }],
    ["developer", { type: "input_text", text: "hi" }],
    ["assistant", { type: "output_text", text: "hi", annotations: [], logprobs: [] }],
  ] as const)("has the text of a %s message as a part", ([role, part]) => {
    expect(toStoredItem({ type: "message", role, content: "hi" }, "msg_1")).toEqual({
      type: "message",
      id: "msg_1",
      role,
      status: "completed",
      content: [part],
    });
  });

  test("keeps parts, status and fields of its own", () => {
    const item = {
      type: "message" as const,
      role: "assistant" as const,
      content: [],
      status: "incomplete",
      phase: "commentary",
    };
    expect(toStoredItem(item, "msg_1")).toEqual({ ...item, id: "msg_1" });
  });

  test("of another kind only gains its id", () => {
    expect(toStoredItem({ type: "reasoning", summary: [] }, "rs_1")).toEqual({
      type: "reasoning",
      summary: [],
      id: "rs_1",
    });
  });
});
