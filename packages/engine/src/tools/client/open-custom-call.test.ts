import type { ItemStatus } from "@gateway/protocol";
import { expect, test } from "vitest";
import { OpenCustomCall } from "./open-custom-call.ts";

/** The input of a call whose arguments are these, as its item has it in the end. */
function inputOf(args: string, status: ItemStatus): string {
  const call = new OpenCustomCall("ctc_1", 0, () => {}, { callId: "call_1", name: "note" });
  call.arguments(args);
  call.close(status);
  return call.item.input;
}

test("a text that looks like the beginning of the usual arguments is the input of a call that is complete", () => {
  expect(inputOf("{", "completed")).toBe("{");
});

test("what the limit has left of the usual arguments, before their text, is no input", () => {
  expect(inputOf('{"inp', "incomplete")).toBe("");
});
