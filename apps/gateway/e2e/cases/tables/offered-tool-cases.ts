import { text, toolCalls, vllmStyle } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, callIdOf, lastOf, message, type Story } from "../case.ts";
import { mcpTool } from "./mcp-cases.ts";

const functionOf = (name: string) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object" },
});
const calling = (name: string) => toolCalls([{ name, arguments: { at: "it" } }]);
const called = (name: string, more: object = {}) => ({
  type: "function_call",
  name,
  arguments: '{"at":"it"}',
  ...more,
});
const tools = [
  functionOf("look"),
  { type: "namespace", name: "files", description: "d", tools: [functionOf("read")] },
];
const noTool = expect.stringContaining("there is no tool of this name");
const thinking = (...names: string[]) =>
  vllmStyle({ reasoning: "Both.", toolCalls: names.map((name) => ({ name, arguments: { text: name } })) });

/** The one message of a turn with these calls, and what a client has given to each since. */
const turnOf = (...names: string[]) => ({
  role: "assistant",
  reasoning: "Both.",
  reasoning_content: "Both.",
  tool_calls: names.map((name) => ({ function: { name } })),
});

function answersTo(story: Story, ...approve: boolean[]): object[] {
  return lastOf(story)
    .output.filter(({ type }) => type === "mcp_approval_request")
    .map(({ id }, at) => ({ type: "mcp_approval_response", approval_request_id: id, approve: approve[at] }));
}

/** Calls of what is on offer, by whatever name, of what is not, and of several kinds in one turn. */
export const offeredToolCases: readonly Case[] = [
  {
    name: "a tool that is not there, and one that is when the model was told",
    turns: [
      {
        send: { tools },
        model: [calling("zzz"), calling("look")],
        expect: {
          output: [called("look")],
          asked: [{ roles: "user" }, { roles: "user assistant tool", shown: [noTool] }],
        },
      },
    ],
  },
  {
    name: "a tool that is not there, whatever the model is told",
    turns: [
      {
        send: { tools },
        model: [calling("zzz"), calling("zzz")],
        expect: {
          output: [],
          failed: { code: "unknown_tool_called", message: expect.stringContaining("'zzz'") },
        },
      },
    ],
  },
  {
    name: "a tool that is not there, where there is none at all",
    turns: [
      {
        send: { instructions: "Be brief." },
        model: [calling("web_search"), text("Four.")],
        expect: { output: [message("Four.")], asked: [{}, { roles: "system user", offered: [] }] },
      },
    ],
  },
  {
    name: "a tool that is not there beside one that is",
    turns: [
      {
        send: { tools },
        model: [
          toolCalls([
            { name: "zzz", arguments: {} },
            { name: "look", arguments: { at: "it" } },
          ]),
        ],
        expect: { output: [called("look")] },
      },
    ],
  },
  ...["read", "files.read"].map(
    (name): Case => ({
      name: `a tool of a namespace as ${name}`,
      turns: [
        {
          send: { tools },
          model: [calling(name)],
          expect: { output: [called("read", { namespace: "files" })] },
        },
      ],
    }),
  ),
  {
    name: "a tool that is to be loaded first",
    turns: [
      {
        send: { tools: [{ ...functionOf("later"), defer_loading: true }, { type: "tool_search" }] },
        model: [calling("later"), text("I cannot.")],
        expect: {
          output: [message("I cannot.")],
          asked: [{}, { shown: [expect.stringContaining("look for it with 'tool_search' first")] }],
        },
      },
    ],
  },
  {
    name: "a tool of a server and a function in one turn, which stay one",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs"), functionOf("look")] }),
        model: [thinking("lookup", "look")],
        expect: {
          output: [
            { type: "mcp_list_tools" },
            { type: "reasoning" },
            { type: "mcp_call", name: "lookup" },
            { type: "function_call", name: "look", parallel_to: expect.stringMatching(/^mcp_/) },
          ],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          tools: [mcpTool(story.things, "docs"), functionOf("look")],
          input: [{ type: "function_call_output", call_id: callIdOf(story), output: "seen" }],
        }),
        model: [text("Done.")],
        expect: {
          output: [message("Done.")],
          asked: [
            {
              roles: "user assistant tool tool",
              shown: ['lookup: {"text":"lookup"}', "seen"],
              messages: [{}, turnOf("lookup", "look"), {}, {}],
            },
          ],
        },
      },
    ],
  },
  {
    name: "two tools of a server in one turn, of which one is approved of",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs", { require_approval: "always" })] }),
        model: [thinking("lookup", "write")],
        expect: { output: [{ type: "mcp_list_tools" }, { type: "reasoning" }, {}, {}] },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          tools: [mcpTool(story.things, "docs", { require_approval: "always" })],
          input: answersTo(story, true, false),
        }),
        model: [text("Done.")],
        expect: {
          output: [{ type: "mcp_call", name: "lookup" }, message("Done.")],
          asked: [
            {
              roles: "user assistant tool tool",
              shown: ['lookup: {"text":"lookup"}', expect.stringContaining("denied")],
              messages: [{}, turnOf("lookup", "write"), {}, {}],
            },
          ],
        },
      },
    ],
  },
];
