import { text, toolCalls, wholePicture } from "@gateway/testkit";
import { expect } from "vitest";
import { type Case, lastOf, message } from "../case.ts";

const searches = toolCalls([{ name: "web_search", arguments: { queries: ["what do otters do"] } }]);
const webCall = {
  type: "web_search_call",
  status: "completed",
  action: { type: "search", query: "what do otters do" },
};
const link = "([otters.example](https://otters.example/))";
const cited = {
  type: "message",
  content: [
    {
      text: `They swim ${link}. So it is.`,
      annotations: [
        {
          type: "url_citation",
          url: "https://otters.example/",
          title: "Otters",
          start_index: 10,
          end_index: 10 + link.length,
        },
      ],
    },
  ],
};

/** Tools that this server carries out with a service of its own. */
export const hostedToolCases: readonly Case[] = [
  {
    name: "a search in the web, whose answer cites what was found",
    turns: [
      {
        send: { tools: [{ type: "web_search" }], include: ["web_search_call.action.sources"] },
        model: [searches, text("They swim 【1】. So it is.")],
        expect: {
          output: [
            {
              ...webCall,
              action: { sources: [{ url: "https://otters.example/" }, { url: "https://cats.example/" }] },
            },
            cited,
          ],
          response: { tool_usage: { web_search: { num_requests: 1 } } },
          asked: [
            { offered: ["web_search", "open_page", "find_in_page"] },
            { shown: [expect.stringContaining("Otters swim in rivers.")] },
          ],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          input: "Sure?",
          tools: [{ type: "web_search" }],
        }),
        model: [text("Yes.")],
        expect: { output: [message("Yes.")], asked: [{ roles: "user assistant tool assistant user" }] },
      },
    ],
  },
  {
    name: "a search in the web by its older name, which is wanted",
    turns: [
      {
        send: { tools: [{ type: "web_search_preview" }], tool_choice: { type: "web_search_preview" } },
        model: [searches, text("They swim 【1】. So it is.")],
        expect: {
          output: [webCall, cited],
          asked: [
            { offered: ["web_search"], tool_choice: "required" },
            { offered: ["web_search", "open_page", "find_in_page"] },
          ],
        },
      },
    ],
  },
  {
    name: "a search in files, whose answer cites what was found",
    turns: [
      {
        send: ({ things }) => ({
          tools: [{ type: "file_search", vector_store_ids: [things.vectorStore] }],
          include: ["file_search_call.results"],
        }),
        model: [
          toolCalls([{ name: "file_search", arguments: { queries: ["otters swim"] } }]),
          text("They swim 【1】. So it is."),
        ],
        expect: {
          output: [
            {
              type: "file_search_call",
              status: "completed",
              queries: ["otters swim"],
              results: expect.arrayContaining([
                expect.objectContaining({ filename: "otters.md", text: "Otters swim in rivers." }),
              ]),
            },
            {
              type: "message",
              content: [
                {
                  text: "They swim. So it is.",
                  annotations: [{ type: "file_citation", index: 9, filename: "otters.md" }],
                },
              ],
            },
          ],
          asked: [
            { offered: ["file_search"] },
            { shown: [expect.stringContaining("Otters swim in rivers.")] },
          ],
        },
      },
    ],
  },
  {
    name: "a search in files that are not there",
    turns: [
      {
        send: { tools: [{ type: "file_search", vector_store_ids: ["vs_none"] }] },
        expect: { refused: { status: 404, code: null, param: "tools[0].vector_store_ids[0]" } },
      },
    ],
  },
  {
    name: "code that is run",
    turns: [
      {
        send: ({ things }) => ({
          tools: [{ type: "code_interpreter", container: things.container }],
          include: ["code_interpreter_call.outputs"],
        }),
        model: [
          toolCalls([{ name: "code_interpreter", arguments: { code: "print('the answer')\n6 * 7" } }]),
          text("It is 42."),
        ],
        expect: {
          output: [
            {
              type: "code_interpreter_call",
              status: "completed",
              code: "print('the answer')\n6 * 7",
              outputs: [{ type: "logs", logs: "the answer\n42\n" }],
            },
            message("It is 42."),
          ],
          asked: [{ offered: ["code_interpreter"] }, { shown: ["the answer\n42"] }],
        },
      },
    ],
  },
  {
    name: "a picture",
    turns: [
      {
        send: { tools: [{ type: "image_generation", size: "1536x1024" }] },
        model: [
          toolCalls([{ name: "image_generation", arguments: { prompt: "an otter" } }]),
          text("Here it is."),
        ],
        expect: {
          output: [
            {
              type: "image_generation_call",
              status: "completed",
              result: wholePicture,
              revised_prompt: "an otter",
              size: "1536x1024",
            },
            message("Here it is."),
          ],
          response: { tool_usage: { image_gen: { total_tokens: 60 } } },
          asked: [{ offered: ["image_generation"] }, { shown: [expect.stringContaining("was made")] }],
        },
      },
    ],
  },
];
