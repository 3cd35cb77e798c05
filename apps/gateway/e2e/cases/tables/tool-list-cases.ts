import { text, toolCalls } from "@gateway/testkit";
import { type Case, callIdOf, lastOf, message, user } from "../case.ts";

const send = {
  type: "function",
  name: "send",
  description: "Sends a mail.",
  strict: false,
  parameters: { type: "object" },
};
const mail = {
  type: "namespace",
  name: "mail",
  description: "E-mail.",
  tools: [send, { type: "custom", name: "draft" }],
};
const later = { ...mail, tools: mail.tools.map((tool) => ({ ...tool, defer_loading: true })) };
const sent = { type: "function_call", name: "send", arguments: '{"to":"a"}', status: "completed" };
const sending = (name: string) => toolCalls([{ name, arguments: { to: "a" } }]);

/** Tools that are grouped, found, added and configured along the way. */
export const toolListCases: readonly Case[] = [
  {
    name: "calls of tools in a namespace",
    turns: [
      {
        send: { tools: [mail, send] },
        model: [
          toolCalls([
            { name: "mail__send", arguments: { to: "a" } },
            { name: "mail__draft", arguments: { input: "Dear a" } },
            { name: "send", arguments: { to: "a" } },
          ]),
        ],
        expect: {
          output: [
            { ...sent, namespace: "mail" },
            { type: "custom_tool_call", name: "draft", namespace: "mail", input: "Dear a" },
            sent,
          ],
          response: { tools: [mail, send] },
          asked: [{ offered: ["send", "mail__send", "mail__draft"] }],
        },
      },
      {
        send: (story) => ({
          tools: [mail, send],
          input: [
            user("Go."),
            ...lastOf(story).output,
            { type: "function_call_output", call_id: callIdOf(story, 0), output: "one" },
            { type: "custom_tool_call_output", call_id: callIdOf(story, 1), output: "two" },
            { type: "function_call_output", call_id: callIdOf(story, 2), output: "three" },
          ],
        }),
        model: [text("All done.")],
        expect: {
          output: [message("All done.")],
          asked: [
            {
              shown: ["one", "two", "three"],
              messages: [
                {},
                {
                  tool_calls: [
                    { function: { name: "mail__send" } },
                    { function: { name: "mail__draft" } },
                    { function: { name: "send" } },
                  ],
                },
                {},
                {},
                {},
              ],
            },
          ],
        },
      },
    ],
  },
  {
    name: "a search for tools that is made here",
    turns: [
      {
        send: { tools: [{ type: "tool_search" }, later] },
        model: [
          toolCalls([{ name: "tool_search", arguments: { query: "sends a letter" } }]),
          sending("mail__send"),
        ],
        expect: {
          output: [
            {
              type: "tool_search_call",
              execution: "server",
              call_id: null,
              arguments: { query: "sends a letter" },
            },
            {
              type: "tool_search_output",
              execution: "server",
              tools: [{ name: "mail", tools: [{ name: "send" }] }],
            },
            { ...sent, namespace: "mail" },
          ],
          asked: [{ offered: ["tool_search"] }, { offered: ["mail__send", "tool_search"] }],
        },
      },
    ],
  },
  {
    name: "a search for tools that the caller makes",
    turns: [
      {
        send: { tools: [{ type: "tool_search", execution: "client", description: "Finds tools." }] },
        model: [toolCalls([{ name: "tool_search", arguments: { query: "mail" } }])],
        expect: {
          output: [
            {
              type: "tool_search_call",
              execution: "client",
              arguments: { query: "mail" },
              status: "completed",
            },
          ],
          asked: [{ offered: ["tool_search"] }],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          tools: [{ type: "tool_search", execution: "client" }],
          input: [
            { type: "tool_search_output", call_id: callIdOf(story), execution: "client", tools: [send] },
          ],
        }),
        model: [sending("send")],
        expect: { output: [sent], asked: [{ offered: ["send", "tool_search"] }] },
      },
    ],
  },
  {
    name: "tools that an item of the input adds, for all that follows",
    turns: [
      {
        send: {
          input: [{ type: "additional_tools", role: "developer", tools: [send] }, user("Write to a.")],
        },
        model: [sending("send")],
        expect: { output: [sent], response: { tools: [] }, asked: [{ offered: ["send"] }] },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: [{ type: "function_call_output", call_id: callIdOf(story), output: "sent" }],
        }),
        model: [text("It is sent.")],
        expect: { output: [message("It is sent.")], asked: [{ offered: ["send"], shown: ["sent"] }] },
      },
    ],
  },
  {
    name: "settings that an item of the input changes, for all that follows",
    turns: [
      {
        send: {
          reasoning: { effort: "high" },
          input: [
            {
              type: "configuration_update",
              reasoning: { effort: "low" },
              text: { format: { type: "json_object" } },
            },
            user("Hello"),
          ],
        },
        model: [text("{}")],
        expect: {
          output: [message("{}")],
          asked: [{ roles: "user", reasoning_effort: "low", response_format: { type: "json_object" } }],
        },
      },
      {
        send: (story) => ({ previous_response_id: lastOf(story).id, input: "Again" }),
        model: [text("{}")],
        expect: {
          output: [message("{}")],
          asked: [{ roles: "user assistant user", reasoning_effort: "low" }],
        },
      },
    ],
  },
];
