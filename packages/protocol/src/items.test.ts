import { describe, expect, test } from "vitest";
import * as z from "zod";
import { inputItem, isRefusedItem } from "./items.ts";

/** What the schema makes of an item. */
function read(value: unknown): unknown {
  return z.parse(inputItem, value);
}

describe("an item as a caller sends it", () => {
  test("is a message when it has a role and no type", () => {
    expect(read({ role: "user", content: "hi" })).toEqual({ type: "message", role: "user", content: "hi" });
    expect(read({ type: null, id: "msg_1", role: "user", content: "hi" })).toEqual({
      type: "message",
      id: "msg_1",
      role: "user",
      content: "hi",
    });
  });

  test("is a reference when it has an id and neither type nor role", () => {
    expect(read({ id: "msg_1" })).toEqual({ type: "item_reference", id: "msg_1" });
    expect(read({ id: "msg_1", type: null })).toEqual({ type: "item_reference", id: "msg_1" });
  });

  test("may have a null id", () => {
    for (const item of [
      { type: "message", role: "user", content: "hi", id: null },
      { type: "function_call", call_id: "c", name: "f", arguments: "{}", id: null },
      { type: "function_call_output", call_id: "c", output: "x", id: null },
      { type: "reasoning", summary: [], id: null },
      { type: "shell_call", id: null, call_id: "c", action: { commands: [] } },
    ]) {
      expect(read(item)).toEqual(item);
    }
  });

  test("keeps keys this server does not know, at every depth", () => {
    const item = {
      type: "message",
      role: "assistant",
      phase: "commentary",
      content: [{ type: "output_text", text: "x", annotations: [{ type: "y" }], parsed: { z: 1 } }],
    };
    expect(read(item)).toEqual(item);
  });

  test("is not changed by being read", () => {
    const item = { role: "user", content: "hi" };
    read(item);
    expect(item).toEqual({ role: "user", content: "hi" });
  });
});

const refused = ["program", "program_output"];

describe("an item type that is refused", () => {
  test.each(refused)("%s is refused", (type) => {
    expect(isRefusedItem({ type })).toBe(true);
  });

  test.each(["message", "function_call", "function_call_output", "reasoning", "item_reference"])(
    "does not include %s",
    (type) => {
      expect(isRefusedItem({ type })).toBe(false);
    },
  );
});
