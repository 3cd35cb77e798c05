import { text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, lastOf, message, type Story, user } from "../case.ts";
import { mcpTool } from "./mcp-cases.ts";

const writes = toolCalls([{ name: "write", arguments: { text: "x" } }]);
const list = { type: "mcp_list_tools", server_label: "docs" };
const asks = { type: "mcp_approval_request", server_label: "docs", name: "write", arguments: '{"text":"x"}' };
const written = { type: "mcp_call", name: "write", status: "completed", output: 'write: {"text":"x"}' };
const tools = ({ things }: Story) => [mcpTool(things, "docs", { require_approval: "always" })];

/** The id of the request for approval in the answer before. */
function requestOf(story: Story): string {
  return lastOf(story).output.find(({ type }) => type === "mcp_approval_request")?.id ?? "none";
}

function responseTo(story: Story, approve: boolean, reason?: string): object {
  return { type: "mcp_approval_response", approval_request_id: requestOf(story), approve, reason };
}

/** Calls of MCP servers' tools that are not made before the caller has said so. */
export const approvalCases: readonly Case[] = [
  {
    name: "a call that is approved of, by previous_response_id",
    turns: [
      {
        send: (story) => ({ tools: tools(story) }),
        model: [writes],
        expect: { output: [list, asks] },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: [responseTo(story, true)],
          tools: tools(story),
        }),
        model: [text("Written.")],
        expect: {
          output: [{ ...written, approval_request_id: expect.stringMatching(/^mcpr_/) }, message("Written.")],
          asked: [{ roles: "user assistant tool", shown: ['write: {"text":"x"}'] }],
        },
      },
    ],
  },
  {
    name: "a call that is denied, in a conversation",
    turns: [
      {
        send: async (story) => ({ conversation: await story.create("/conversations"), tools: tools(story) }),
        model: [writes],
        expect: { output: [list, asks] },
      },
      {
        send: (story) => ({
          conversation: lastOf(story).conversation?.id,
          input: [responseTo(story, false, "Not today.")],
          tools: tools(story),
        }),
        model: [text("As you wish.")],
        expect: {
          output: [message("As you wish.")],
          asked: [{ shown: [expect.stringContaining("Not today.")] }],
        },
      },
    ],
  },
  {
    name: "a call that is approved of by a caller that keeps all itself",
    turns: [
      {
        send: (story) => ({ input: [user("Write x.")], store: false, tools: tools(story) }),
        model: [writes],
        expect: { output: [list, asks] },
      },
      {
        send: (story) => ({
          input: [user("Write x."), ...lastOf(story).output, responseTo(story, true)],
          store: false,
          tools: tools(story),
        }),
        model: [text("Written.")],
        expect: { output: [written, message("Written.")] },
      },
    ],
  },
  {
    name: "a call that needs none, and one that does",
    turns: [
      {
        send: ({ things }) => ({
          tools: [mcpTool(things, "docs", { require_approval: { never: { tool_names: ["lookup"] } } })],
        }),
        model: [toolCalls([{ name: "lookup", arguments: { text: "x" } }]), writes],
        expect: { output: [list, { type: "mcp_call", name: "lookup", status: "completed" }, asks] },
      },
    ],
  },
  {
    name: "an answer to a request for approval that there is none of",
    turns: [
      {
        send: (story) => ({
          input: [{ type: "mcp_approval_response", approval_request_id: "mcpr_none", approve: true }],
          tools: tools(story),
        }),
        expect: { refused: { status: 404, code: null, param: "input[0].approval_request_id" } },
      },
    ],
  },
];
