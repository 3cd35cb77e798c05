import type { Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { toSummaryMessage } from "../compaction/place-summary.ts";
import { droppableUnits } from "./droppable-units.ts";

let count = 0;
const id = () => `item_${++count}`;
const say = (role: "user" | "assistant" | "system" | "developer"): Item => ({
  type: "message",
  id: id(),
  role,
  content: role,
});
const call = (callId: string): Item => ({
  type: "function_call",
  id: id(),
  call_id: callId,
  name: "f",
  arguments: "{}",
});
const output = (callId: string): Item => ({
  type: "function_call_output",
  id: id(),
  call_id: callId,
  output: "o",
});
const think = (): Item => ({ type: "reasoning", id: id(), summary: [] });

describe("what may be dropped", () => {
  test("is exchange by exchange, but for the last question and what follows it", () => {
    const items = [
      say("user"),
      say("assistant"),
      say("user"),
      say("assistant"),
      say("user"),
      call("a"),
      output("a"),
    ];
    expect(droppableUnits(items)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("is turn by turn within an exchange, whose question goes last", () => {
    const items = [
      say("user"),
      think(),
      call("a"),
      call("b"),
      output("a"),
      output("b"),
      think(),
      call("c"),
      output("c"),
      think(),
      say("assistant"),
      say("user"),
    ];
    expect(droppableUnits(items)).toEqual([
      [1, 2, 3, 4, 5],
      [6, 7, 8],
      [0, 9, 10],
    ]);
  });

  test("is never a system or developer message or compacted context, wherever it stands", () => {
    const compacted = toSummaryMessage("mine", "what was before");
    const items = [say("developer"), compacted, say("user"), say("system"), say("assistant"), say("user")];
    expect(droppableUnits(items, new Set(["mine"]))).toEqual([[2, 4]]);
  });

  test("is never the question before compacted context, which is no question itself", () => {
    const compacted = toSummaryMessage("cmp_1", "what was done for it");
    const items = [say("user"), compacted, call("a"), output("a")];
    expect(droppableUnits(items, new Set(["cmp_1"]))).toEqual([]);
  });

  test("is a question alone where nothing answered it", () => {
    expect(droppableUnits([say("user"), say("user"), say("user")])).toEqual([[0], [1]]);
  });

  test("is nothing where there is only a question", () => {
    expect(droppableUnits([say("system"), say("user"), say("assistant")])).toEqual([]);
    expect(droppableUnits([])).toEqual([]);
  });

  test("is all but the model's last turn where there is no question", () => {
    const items = [say("assistant"), call("a"), output("a"), call("b"), output("b")];
    expect(droppableUnits(items)).toEqual([[0, 1, 2]]);
  });

  test("has calls and outputs together that a question stands between", () => {
    const items = [say("user"), call("a"), say("user"), output("a"), say("user")];
    expect(droppableUnits(items)).toEqual([[0, 1, 2, 3]]);
  });

  test("has no call that is answered in what stays", () => {
    const items = [say("user"), say("assistant"), say("user"), call("a"), say("user"), output("a")];
    expect(droppableUnits(items)).toEqual([[0, 1]]);
  });

  test("pairs calls whose ids come back by their order", () => {
    const items = [say("user"), call("0"), output("0"), say("user"), call("0"), output("0"), say("user")];
    expect(droppableUnits(items)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });
});
