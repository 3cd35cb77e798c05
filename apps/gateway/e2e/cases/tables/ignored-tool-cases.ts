import { text, toolCalls } from "@gateway/testkit";
import { type Case, message } from "../case.ts";

const mine = { type: "function", name: "mine", strict: false, parameters: { type: "object" } };
const hosted = [
  "web_search",
  "web_search_2025_08_26",
  "web_search_preview",
  "image_generation",
  "code_interpreter",
];

/** The tool with what it cannot be declared without. */
function toTool(type: string): object {
  return type === "code_interpreter" ? { type, container: { type: "auto" } } : { type };
}

/** Hosted tools at a gateway that has no service for them. */
export const ignoredToolCases: readonly Case[] = [
  ...hosted.flatMap((type): Case[] => [
    {
      name: `${type}, which is echoed, named and not offered`,
      bare: true,
      turns: [
        {
          send: { tools: [mine, toTool(type)] },
          model: [toolCalls([{ name: "mine", arguments: {} }])],
          expect: {
            output: [{ type: "function_call", name: "mine" }],
            response: { tools: [{ type: "function" }, { type }] },
            asked: [{ offered: ["mine"] }],
            ignored: `tools[1].type=${type}`,
          },
        },
      ],
    },
    {
      name: `${type}, which cannot be chosen`,
      bare: true,
      turns: [
        {
          send: { tools: [mine, toTool(type)], tool_choice: { type } },
          expect: { refused: { status: 422, code: "unsupported_value", param: "tools[1].type" } },
        },
      ],
    },
  ]),
  {
    name: "a shell in a container, and fields that have no effect",
    turns: [
      {
        send: {
          tools: [mine, { type: "shell", environment: { type: "container_auto" } }],
          prompt_cache_retention: "24h",
          not_a_field: 1,
        },
        model: [text("So.")],
        expect: {
          output: [message("So.")],
          asked: [{ offered: ["mine"] }],
          ignored: "prompt_cache_retention, not_a_field, tools[1].type=shell",
        },
      },
    ],
  },
  {
    name: "nothing but a tool without a service, where a call is required",
    bare: true,
    turns: [
      {
        send: { tools: [{ type: "web_search" }], tool_choice: "required" },
        expect: { refused: { status: 422, code: "unsupported_value", param: "tools[0].type" } },
      },
    ],
  },
];
