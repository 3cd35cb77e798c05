import { text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, callIdOf, lastOf, message } from "../case.ts";

const picture = "data:image/png;base64,iVBORw0KGgo=";

/** A tool of the caller's machine: the model's call, the item of that, its output, and what the model is shown of it. */
interface MachineTool {
  tool: { type: string; [field: string]: unknown };
  args: object;
  item: object;
  output: (callId: string) => object;
  shown: unknown;
}

const machineTools: readonly MachineTool[] = [
  {
    tool: { type: "local_shell" },
    args: { command: ["ls"], timeout_ms: 500 },
    item: { type: "local_shell_call", action: { type: "exec", command: ["ls"], env: {}, timeout_ms: 500 } },
    output: (id) => ({ type: "local_shell_call_output", id, output: "a.ts" }),
    shown: "a.ts",
  },
  {
    tool: { type: "shell", environment: { type: "local" } },
    args: { commands: ["ls", "pwd"] },
    item: { type: "shell_call", action: { commands: ["ls", "pwd"] }, environment: { type: "local" } },
    output: (call_id) => ({
      type: "shell_call_output",
      call_id,
      output: [{ stdout: "a.ts", stderr: "", outcome: { type: "exit", exit_code: 0 } }],
    }),
    shown: expect.stringContaining("a.ts"),
  },
  {
    tool: { type: "apply_patch" },
    args: { type: "update_file", path: "a.ts", diff: "@@\n-a\n+b" },
    item: { type: "apply_patch_call", operation: { type: "update_file", path: "a.ts", diff: "@@\n-a\n+b" } },
    output: (call_id) => ({
      type: "apply_patch_call_output",
      call_id,
      status: "failed",
      output: "no such line",
    }),
    shown: expect.stringMatching(/^failed\s+no such line$/),
  },
  {
    tool: { type: "computer" },
    args: { actions: [{ type: "click", x: 1, y: 2, button: "left" }, { type: "screenshot" }] },
    item: {
      type: "computer_call",
      actions: [{ type: "click", x: 1, y: 2, button: "left" }, { type: "screenshot" }],
      pending_safety_checks: [],
    },
    output: (call_id) => ({
      type: "computer_call_output",
      call_id,
      output: { type: "computer_screenshot", image_url: picture },
    }),
    shown: expect.any(String),
  },
  {
    tool: { type: "computer_use_preview", display_width: 800, display_height: 600, environment: "browser" },
    args: { action: { type: "type", text: "hi" } },
    item: { type: "computer_call", action: { type: "type", text: "hi" } },
    output: (call_id) => ({
      type: "computer_call_output",
      call_id,
      output: { type: "computer_screenshot", image_url: picture },
    }),
    shown: expect.any(String),
  },
];

/** What the model calls a tool. */
function nameOf({ type }: { type: string }): string {
  return type === "computer_use_preview" ? "computer" : type;
}

/** Tools that have types of their own and are carried out by the caller. */
export const machineToolCases: readonly Case[] = [
  ...machineTools.map(
    ({ tool, args, item, output, shown }): Case => ({
      name: `a call of ${tool.type} and its output`,
      turns: [
        {
          send: { tools: [tool], tool_choice: { type: tool.type } },
          model: [toolCalls([{ name: nameOf(tool), arguments: args }])],
          expect: {
            output: [{ ...item, status: "completed" }],
            response: { tools: [tool] },
            asked: [{ offered: [nameOf(tool)] }],
          },
        },
        {
          send: (story) => ({
            previous_response_id: lastOf(story).id,
            tools: [tool],
            input: [output(callIdOf(story))],
          }),
          model: [text("Done.")],
          expect: { output: [message("Done.")], asked: [{ shown: [shown] }] },
        },
      ],
    }),
  ),
  {
    name: "a command that can only be read when the model is asked again",
    turns: [
      {
        send: { tools: [{ type: "local_shell" }] },
        model: [
          toolCalls([{ name: "local_shell", arguments: '{"command": [' }]),
          toolCalls([{ name: "local_shell", arguments: { command: ["ls"] } }]),
        ],
        expect: { output: [{ type: "local_shell_call", action: { command: ["ls"] } }] },
      },
    ],
  },
];
