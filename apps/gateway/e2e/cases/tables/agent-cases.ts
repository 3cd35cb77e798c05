import { text, toolCalls } from "@gateway/testkit";
import { patchGrammar } from "../../client-tools/patch-grammar.ts";
import { type Case, callIdOf, lastOf, message, user } from "../case.ts";

const functionOf = (name: string) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object" },
});
const settings = {
  instructions: "You are a coding agent.",
  tools: [
    functionOf("shell"),
    functionOf("update_plan"),
    {
      type: "custom",
      name: "apply_patch",
      format: { type: "grammar", syntax: "lark", definition: patchGrammar },
    },
    { type: "namespace", name: "mcp__tickets__", tools: [functionOf("search")] },
    { type: "web_search", external_web_access: false },
    { type: "local_shell" },
  ],
  tool_choice: "auto",
  parallel_tool_calls: true,
  reasoning: { summary: "auto" },
  store: false,
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "thread-1",
};
const patch = "*** Begin Patch\n*** Update File: a.ts\n@@\n-let a = 1;\n+let a = 2; // 🙂\n*** End Patch";

/** Requests as coding agents send them, with tools of every kind at once. */
export const agentCases: readonly Case[] = [
  {
    name: "tools of every kind, called at once and answered by an agent that keeps all itself",
    bare: true,
    turns: [
      {
        send: { ...settings, input: [user("Make a 2.")] },
        model: [
          toolCalls(
            [
              { name: "shell", arguments: { command: ["cat", "a.ts"] } },
              { name: "mcp__tickets__search", arguments: { q: "a" } },
              { name: "local_shell", arguments: { command: ["ls"] } },
              { name: "apply_patch", arguments: { input: patch } },
            ],
            { text: "I look and change it." },
          ),
        ],
        expect: {
          output: [
            message("I look and change it."),
            { type: "function_call", name: "shell", arguments: '{"command":["cat","a.ts"]}' },
            { type: "function_call", name: "search", namespace: "mcp__tickets__", arguments: '{"q":"a"}' },
            { type: "local_shell_call", action: { type: "exec", command: ["ls"] } },
            { type: "custom_tool_call", name: "apply_patch", input: patch },
          ],
          response: { store: false, prompt_cache_key: "thread-1" },
          asked: [
            { offered: ["shell", "update_plan", "apply_patch", "mcp__tickets__search", "local_shell"] },
          ],
          ignored: "tools[4].type=web_search",
        },
      },
      {
        send: (story) => ({
          ...settings,
          input: [
            user("Make a 2."),
            ...lastOf(story).output,
            { type: "function_call_output", call_id: callIdOf(story, 0), output: "let a = 1;" },
            { type: "function_call_output", call_id: callIdOf(story, 1), output: "[]" },
            { type: "local_shell_call_output", id: callIdOf(story, 2), output: "a.ts" },
            { type: "custom_tool_call_output", call_id: callIdOf(story, 3), output: "Success." },
          ],
        }),
        model: [text("It is done.")],
        expect: {
          output: [message("It is done.")],
          asked: [
            {
              roles: "system user assistant tool tool tool tool",
              shown: ["let a = 1;", "[]", "a.ts", "Success."],
            },
          ],
          ignored: "tools[4].type=web_search",
        },
      },
    ],
  },
];
