import { text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, lastOf, message } from "../case.ts";
import type { Things } from "../case-world.ts";

/** One of the servers as a tool, its calls without asking. */
export function mcpTool(things: Things, server: keyof Things["mcp"], more: object = {}): object {
  return {
    type: "mcp",
    server_label: server,
    server_url: things.mcp[server],
    require_approval: "never",
    ...more,
  };
}

const list = (server_label: string, ...names: string[]) => ({
  type: "mcp_list_tools",
  server_label,
  tools: names.map((name) => ({ name })),
});
const found = (server_label: string, text: string) => ({
  type: "mcp_call",
  server_label,
  name: "lookup",
  status: "completed",
  arguments: JSON.stringify({ text }),
  output: `lookup: ${JSON.stringify({ text })}`,
  error: null,
  approval_request_id: null,
});
const lookup = (text: string, name = "lookup") => ({ name, arguments: { text } });
const usage = { prompt: 10, completion: 5 };

/** Tools of MCP servers. */
export const mcpCases: readonly Case[] = [
  {
    name: "a list, two calls at once, and no new list in the next response",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs", { headers: { "x-key": "secret" } })] }),
        model: [toolCalls([lookup("a"), lookup("b")], { usage }), text("Both found.", { usage })],
        expect: {
          output: [
            list("docs", "lookup", "write", "fail", "crash"),
            found("docs", "a"),
            found("docs", "b"),
            message("Both found."),
          ],
          response: { usage: { input_tokens: 20, output_tokens: 10, total_tokens: 30 } },
          asked: [
            { offered: ["lookup", "write", "fail", "crash"], roles: "user" },
            { shown: ['lookup: {"text":"a"}', 'lookup: {"text":"b"}'] },
          ],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: "And c?",
          tools: [mcpTool(story.things, "docs")],
        }),
        model: [toolCalls([lookup("c")]), text("Found, too.")],
        expect: { output: [found("docs", "c"), message("Found, too.")] },
      },
    ],
  },
  {
    name: "allowed tools only",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs", { allowed_tools: ["lookup"] })] }),
        model: [text("I know it.")],
        expect: { output: [list("docs", "lookup"), message("I know it.")], asked: [{ offered: ["lookup"] }] },
      },
    ],
  },
  {
    name: "two servers with a tool of one name",
    turns: [
      {
        send: ({ things }) => ({
          tools: [mcpTool(things, "docs", { allowed_tools: ["lookup"] }), mcpTool(things, "wiki")],
        }),
        model: [toolCalls([lookup("a", "wiki__lookup"), lookup("b", "docs__lookup")]), text("Found.")],
        expect: {
          output: [
            list("docs", "lookup"),
            list("wiki", "lookup"),
            found("wiki", "a"),
            found("docs", "b"),
            message("Found."),
          ],
          asked: [{ offered: ["docs__lookup", "wiki__lookup"] }, {}],
        },
      },
    ],
  },
  {
    name: "a tool that fails",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs")] }),
        model: [toolCalls([{ name: "fail", arguments: {} }]), text("There is none.")],
        expect: {
          output: [
            list("docs", "lookup", "write", "fail", "crash"),
            {
              type: "mcp_call",
              name: "fail",
              status: "failed",
              output: null,
              error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: "no such page" }] },
            },
            message("There is none."),
          ],
          asked: [{}, { shown: [expect.stringContaining("no such page")] }],
        },
      },
    ],
  },
  {
    name: "a tool that the server has an error with",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs")] }),
        model: [toolCalls([{ name: "crash", arguments: {} }]), text("It is broken.")],
        expect: {
          output: [
            { type: "mcp_list_tools" },
            {
              type: "mcp_call",
              name: "crash",
              status: "failed",
              output: null,
              error: {
                type: "mcp_protocol_error",
                code: expect.any(Number),
                message: expect.stringContaining("out of paper"),
              },
            },
            message("It is broken."),
          ],
          asked: [{}, { shown: [expect.stringContaining("out of paper")] }],
        },
      },
    ],
  },
  {
    name: "a connector that is not there",
    turns: [
      {
        send: { tools: [{ type: "mcp", server_label: "docs", connector_id: "nowhere" }] },
        expect: { refused: { status: 404, code: null, param: "tools[0].connector_id" } },
      },
    ],
  },
  {
    name: "a server whose tools cannot be listed",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "docs"), mcpTool(things, "down")] }),
        expect: {
          refused: {
            status: 424,
            type: "external_connector_error",
            code: "http_error",
            param: "tools",
            message: expect.stringContaining("'down'"),
          },
        },
      },
    ],
  },
  {
    name: "a call of a server's tool beside one of the caller's, which ends the response",
    turns: [
      {
        send: ({ things }) => ({
          tools: [
            mcpTool(things, "wiki"),
            { type: "function", name: "mine", strict: false, parameters: null },
          ],
        }),
        model: [toolCalls([lookup("a"), { name: "mine", arguments: {} }])],
        expect: {
          output: [
            list("wiki", "lookup"),
            found("wiki", "a"),
            { type: "function_call", name: "mine", arguments: "{}" },
          ],
        },
      },
    ],
  },
];
