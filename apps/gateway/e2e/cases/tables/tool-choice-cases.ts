import { text, toolCalls, vllmStyle } from "@gateway/testkit";
import { type Case, lastOf, message } from "../case.ts";

const functionOf = (name: string) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object" },
});
const tools = [functionOf("look"), functionOf("write"), { type: "custom", name: "note" }];
const looks = toolCalls([{ name: "look", arguments: { at: "it" } }]);
const look = { type: "function_call", name: "look", arguments: '{"at":"it"}', status: "completed" };
const thought = (words: string) => ({
  type: "reasoning",
  content: [{ type: "reasoning_text", text: words }],
  status: "completed",
});
const notes = toolCalls([{ name: "note", arguments: { input: "a b" } }]);
const note = { type: "custom_tool_call", name: "note", input: "a b", status: "completed" };
const allowed = (mode: string, ...names: string[]) => ({
  type: "allowed_tools",
  mode,
  tools: names.map((name) => ({ type: "function", name })),
});

const later = { ...functionOf("later"), description: "Sends a letter.", defer_loading: true };
const unknown = (param: string) => ({ refused: { status: 422, code: "invalid_value", param } });

/** A single turn with these tools and a choice among them. */
function choosing(
  name: string,
  tool_choice: unknown,
  turn: Pick<Case["turns"][number], "model" | "expect">,
): Case {
  const { response, ...expected } = turn.expect;
  const echoed = turn.expect.refused || turn.expect.failed ? {} : { response: { tool_choice, ...response } };
  return { name, turns: [{ send: { tools, tool_choice }, ...turn, expect: { ...expected, ...echoed } }] };
}

/** `tool_choice` in all its forms, with backends that obey and that do not. */
export const toolChoiceCases: readonly Case[] = [
  choosing("none, which offers nothing", "none", {
    model: [text("I talk.")],
    expect: { output: [message("I talk.")], asked: [{ offered: [] }] },
  }),
  choosing("none, though the model calls", "none", {
    model: [toolCalls([{ name: "look", arguments: {} }], { text: "I talk." })],
    expect: { output: [message("I talk.")] },
  }),
  choosing("required", "required", {
    model: [looks],
    expect: { output: [look], asked: [{ offered: ["look", "write", "note"], tool_choice: "required" }] },
  }),
  choosing("required, and the model obeys when it is asked again", "required", {
    model: [text("I would rather talk.", { usage: { prompt: 10, completion: 4 } }), looks],
    expect: {
      output: [look],
      response: { usage: { input_tokens: 20 } },
      asked: [{ roles: "user" }, { roles: "system user", tool_choice: "required" }],
    },
  }),
  choosing("required, and the model thinks again when it is asked again", "required", {
    model: [
      vllmStyle({ reasoning: "I see", text: "I would rather talk." }),
      vllmStyle({ reasoning: "Very well", toolCalls: [{ name: "look", arguments: { at: "it" } }] }),
    ],
    expect: { output: [thought("I see"), thought("Very well"), look] },
  }),
  choosing("required, and the model never obeys", "required", {
    model: [text("I would rather talk."), text("No.")],
    expect: { output: [], failed: { code: "tool_choice_not_honored" } },
  }),
  choosing(
    "a function by its name",
    { type: "function", name: "look" },
    {
      model: [looks],
      expect: {
        output: [look],
        asked: [{ offered: ["look"], tool_choice: "required" }],
      },
    },
  ),
  choosing(
    "a function by its name, though the model calls another at first",
    { type: "function", name: "look" },
    {
      model: [toolCalls([{ name: "write", arguments: {} }]), looks],
      expect: { output: [look], asked: [{ offered: ["look"] }, { offered: ["look"] }] },
    },
  ),
  choosing(
    "a custom tool by its name",
    { type: "custom", name: "note" },
    {
      model: [notes],
      expect: { output: [note], asked: [{ offered: ["note"] }] },
    },
  ),
  choosing("allowed tools, of which the model need not call any", allowed("auto", "look"), {
    model: [text("I talk.")],
    expect: { output: [message("I talk.")], asked: [{ offered: ["look"] }] },
  }),
  choosing("allowed tools, though the model calls another one, too", allowed("auto", "look"), {
    model: [
      toolCalls([
        { name: "write", arguments: {} },
        { name: "look", arguments: { at: "it" } },
      ]),
    ],
    expect: { output: [look] },
  }),
  choosing("allowed tools, of which one is required", allowed("required", "look", "write"), {
    model: [text("I would rather talk."), looks],
    expect: {
      output: [look],
      asked: [{ offered: ["look", "write"], tool_choice: "required" }, { offered: ["look", "write"] }],
    },
  }),
  choosing("allowed tools, of which the model never calls one", allowed("required", "look"), {
    model: [text("I would rather talk."), notes],
    expect: { output: [], failed: { code: "tool_choice_not_honored" } },
  }),
  {
    name: "a function of a namespace by its name",
    turns: [
      {
        send: {
          tools: [...tools, { type: "namespace", name: "eye", tools: [functionOf("look")] }],
          tool_choice: { type: "function", name: "look", namespace: "eye" },
        },
        model: [toolCalls([{ name: "eye__look", arguments: { at: "it" } }])],
        expect: { output: [{ ...look, namespace: "eye" }], asked: [{ offered: ["eye__look"] }] },
      },
    ],
  },
  choosing(
    "a function that is not there",
    { type: "function", name: "sing" },
    {
      expect: unknown("tool_choice"),
    },
  ),
  choosing("allowed tools that are not there", allowed("auto", "look", "sing"), {
    expect: unknown("tool_choice.tools[1]"),
  }),
  {
    name: "a tool that is to be loaded later by its name, which is offered at once",
    turns: [
      {
        send: {
          tools: [...tools, later, { type: "tool_search" }],
          tool_choice: { type: "function", name: "later" },
        },
        model: [toolCalls([{ name: "later", arguments: {} }])],
        expect: { output: [{ type: "function_call", name: "later" }], asked: [{ offered: ["later"] }] },
      },
    ],
  },
  {
    name: "a tool that is to be loaded later, allowed beside the search that finds it",
    turns: [
      {
        send: {
          tools: [...tools, later, { type: "tool_search" }],
          tool_choice: {
            type: "allowed_tools",
            mode: "required",
            tools: [{ type: "tool_search" }, { type: "function", name: "later" }],
          },
        },
        model: [
          toolCalls([{ name: "tool_search", arguments: { query: "letter" } }]),
          toolCalls([{ name: "later", arguments: {} }]),
        ],
        expect: {
          output: [
            { type: "tool_search_call" },
            { type: "tool_search_output", tools: [{ name: "later" }] },
            { type: "function_call", name: "later" },
          ],
          asked: [{ offered: ["tool_search"] }, { offered: ["later", "tool_search"] }],
        },
      },
    ],
  },
  {
    name: "a tool that an MCP server does not have",
    turns: [
      {
        send: ({ things }) => ({
          tools: [...tools, mcp(things.mcp.docs)],
          tool_choice: { type: "mcp", server_label: "docs", name: "sing" },
        }),
        expect: unknown("tool_choice"),
      },
    ],
  },
  {
    name: "allowed tools that an MCP server does not have",
    turns: [
      {
        send: ({ things }) => ({
          tools: [...tools, mcp(things.mcp.docs)],
          tool_choice: {
            type: "allowed_tools",
            mode: "required",
            tools: [{ type: "mcp", server_label: "docs", name: "sing" }],
          },
        }),
        expect: unknown("tool_choice.tools[0]"),
      },
    ],
  },
  {
    name: "a call that is required of an MCP server of which no tool is allowed",
    turns: [
      {
        send: ({ things }) => ({
          tools: [{ ...mcp(things.mcp.docs), allowed_tools: [] }],
          tool_choice: "required",
        }),
        expect: unknown("tool_choice"),
      },
    ],
  },
  {
    name: "a hosted tool that neither the request nor its history has",
    turns: [
      { send: { tools }, model: [text("Hello.")], expect: { output: [message("Hello.")] } },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          tools,
          tool_choice: { type: "file_search" },
        }),
        expect: unknown("tool_choice"),
      },
    ],
  },
  {
    name: "a search in files by its type, after which the model may answer",
    turns: [
      {
        send: ({ things }) => ({
          tools: [...tools, { type: "file_search", vector_store_ids: [things.vectorStore] }],
          tool_choice: { type: "file_search" },
        }),
        model: [toolCalls([{ name: "file_search", arguments: { queries: ["otters"] } }]), text("They swim.")],
        expect: {
          output: [{ type: "file_search_call", status: "completed" }, message("They swim.")],
          response: { tool_choice: { type: "file_search" } },
          asked: [
            { offered: ["file_search"], tool_choice: "required" },
            { offered: ["look", "write", "note", "file_search"] },
          ],
        },
      },
    ],
  },
  {
    name: "a picture by its type, though the model would rather talk",
    turns: [
      {
        send: { tools: [...tools, { type: "image_generation" }], tool_choice: { type: "image_generation" } },
        model: [
          text("I cannot draw."),
          toolCalls([{ name: "image_generation", arguments: { prompt: "an otter" } }]),
          text("Here it is."),
        ],
        expect: {
          output: [{ type: "image_generation_call", status: "completed" }, message("Here it is.")],
          asked: [{ offered: ["image_generation"] }, { offered: ["image_generation"] }, {}],
        },
      },
    ],
  },
  {
    name: "a tool of an MCP server by its label and name",
    turns: [
      {
        send: ({ things }) => ({
          tools: [...tools, mcp(things.mcp.docs)],
          tool_choice: { type: "mcp", server_label: "docs", name: "lookup" },
        }),
        model: [text("I would rather talk."), toolCalls([{ name: "lookup", arguments: {} }]), text("Found.")],
        expect: {
          output: [{ type: "mcp_list_tools" }, { type: "mcp_call", name: "lookup" }, message("Found.")],
          asked: [{ offered: ["lookup"] }, { offered: ["lookup"] }, { roles: "user assistant tool" }],
        },
      },
    ],
  },
  {
    name: "a required tool of a former request",
    turns: [
      { send: { tools }, model: [text("Hello.")], expect: { output: [message("Hello.")] } },
      {
        send: (story) => ({ previous_response_id: lastOf(story).id, tools, tool_choice: "required" }),
        model: [looks],
        expect: { output: [look] },
      },
    ],
  },
];

function mcp(server_url: string): object {
  return { type: "mcp", server_label: "docs", server_url, require_approval: "never" };
}
