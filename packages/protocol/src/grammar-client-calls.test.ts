import { describe, expect, test } from "vitest";
import type { ResponseEventBody } from "./events.ts";
import { checkStream, GrammarError } from "./grammar.ts";
import type { OutputItem } from "./items.ts";
import { ending, number, opening } from "./testing/sample-streams.ts";

const custom = {
  type: "custom_tool_call",
  id: "ctc_1",
  status: "completed",
  call_id: "call_1",
  name: "patch",
  input: "ab",
} as const;
const shell = {
  type: "shell_call",
  id: "sh_1",
  status: "completed",
  call_id: "call_1",
  action: { commands: ["ls"], timeout_ms: null, max_output_length: null },
  environment: { type: "local" },
} satisfies OutputItem;
const patch = {
  type: "apply_patch_call",
  id: "apc_1",
  status: "completed",
  call_id: "call_1",
  operation: { type: "delete_file", path: "a" },
} satisfies OutputItem;

const place = { item_id: "ctc_1", output_index: 0 };
const command = { output_index: 0, command_index: 0 };

function added(item: OutputItem): ResponseEventBody {
  return {
    type: "response.output_item.added",
    output_index: 0,
    item: { ...item, status: "in_progress" } as OutputItem,
  };
}

function done(item: OutputItem): ResponseEventBody {
  return { type: "response.output_item.done", output_index: 0, item };
}

const streams: Record<string, { item: OutputItem; events: ResponseEventBody[] }> = {
  custom: {
    item: custom,
    events: [
      added({ ...custom, input: "" }),
      { type: "response.custom_tool_call_input.delta", ...place, delta: "a" },
      { type: "response.custom_tool_call_input.delta", ...place, delta: "b" },
      { type: "response.custom_tool_call_input.done", ...place, input: "ab" },
      done(custom),
    ],
  },
  shell: {
    item: shell,
    events: [
      added({ ...shell, action: { ...shell.action, commands: [] } }),
      { type: "response.shell_call_command.added", ...command, command: "" },
      { type: "response.shell_call_command.delta", ...command, delta: "ls" },
      { type: "response.shell_call_command.done", ...command, command: "ls" },
      done(shell),
    ],
  },
  whole: { item: patch, events: [added(patch), done(patch)] },
};

function check(item: OutputItem, events: readonly ResponseEventBody[]): void {
  checkStream(
    number([...opening(), ...events, { type: "response.completed", response: ending("completed", [item]) }]),
  );
}

function ruleBrokenBy(item: OutputItem, events: readonly ResponseEventBody[]): string | undefined {
  try {
    check(item, events);
  } catch (thrown) {
    if (thrown instanceof GrammarError) return thrown.rule;
    throw thrown;
  }
  return undefined;
}

describe("the grammar of calls that the caller runs", () => {
  test.each(Object.keys(streams))("takes a %s call", (name) => {
    const { item, events } = streams[name] as (typeof streams)[string];
    check(item, events);
  });

  test.each([
    ["an input that is not the sum of its deltas", "custom", 1, "sum"],
    ["an input that is never done", "custom", 3, "closed"],
    ["a command that is never done", "shell", 3, "closed"],
    ["a command that is not the sum of its deltas", "shell", 2, "sum"],
    ["a delta of no command", "shell", 1, "part-match"],
    ["a call that is never done", "whole", 1, "closed"],
  ])("refuses %s", (_name, kind, without, rule) => {
    const { item, events } = streams[kind] as (typeof streams)[string];
    expect(ruleBrokenBy(item, events.toSpliced(without, 1))).toBe(rule);
  });

  test("refuses events of another kind of call", () => {
    const { item, events } = streams.whole as (typeof streams)[string];
    const foreign: ResponseEventBody = {
      type: "response.custom_tool_call_input.delta",
      item_id: "apc_1",
      output_index: 0,
      delta: "x",
    };
    expect(ruleBrokenBy(item, events.toSpliced(1, 0, foreign))).toBe("item-match");
  });

  test("refuses a whole call that changes between added and done", () => {
    const other = { ...patch, operation: { type: "delete_file" as const, path: "b" } };
    expect(ruleBrokenBy(other, [added(patch), done(other)])).toBe("identity");
  });
});
