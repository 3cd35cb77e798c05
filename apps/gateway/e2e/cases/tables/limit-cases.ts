import { text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, message } from "../case.ts";
import { mcpTool } from "./mcp-cases.ts";

const list = { type: "mcp_list_tools" };
const found = { type: "mcp_call", name: "lookup", status: "completed" };
const lookup = { name: "lookup", arguments: { text: "x" } };

/** Limits that hold over all turns of a response. */
export const limitCases: readonly Case[] = [
  {
    name: "max_tool_calls in one turn",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "wiki")], max_tool_calls: 1 }),
        model: [toolCalls([lookup, lookup]), text("One was enough.")],
        expect: {
          output: [list, found, message("One was enough.")],
          response: { max_tool_calls: 1 },
          asked: [
            { offered: ["lookup"] },
            { offered: [], shown: ['lookup: {"text":"x"}', expect.stringContaining("Not carried out")] },
          ],
        },
      },
    ],
  },
  {
    name: "max_tool_calls over two turns",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "wiki")], max_tool_calls: 2 }),
        model: [toolCalls([lookup]), toolCalls([lookup]), text("Enough.")],
        expect: {
          output: [list, found, found, message("Enough.")],
          asked: [{ offered: ["lookup"] }, { offered: ["lookup"] }, { offered: [] }],
        },
      },
    ],
  },
  {
    name: "max_output_tokens over two turns",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "wiki")], max_output_tokens: 16 }),
        model: [
          toolCalls([lookup], { usage: { prompt: 10, completion: 10 } }),
          text("This is too", { finish: "length", usage: { prompt: 20, completion: 6 } }),
        ],
        expect: {
          status: "incomplete",
          output: [list, found, message("This is too", { status: "incomplete" })],
          response: {
            incomplete_details: { reason: "max_output_tokens" },
            usage: { input_tokens: 30, output_tokens: 16, total_tokens: 46 },
          },
          asked: [{ max_tokens: 16 }, { max_tokens: 6 }],
        },
      },
    ],
  },
  {
    name: "max_output_tokens that one turn has spent",
    turns: [
      {
        send: ({ things }) => ({ tools: [mcpTool(things, "wiki")], max_output_tokens: 16 }),
        model: [toolCalls([lookup], { usage: { prompt: 10, completion: 16 } })],
        expect: {
          status: "incomplete",
          output: [list, found],
          response: { incomplete_details: { reason: "max_output_tokens" } },
        },
      },
    ],
  },
];
