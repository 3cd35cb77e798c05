import { text, toolCalls } from "@gateway/testkit";
import { expect } from "vitest";
import { patchGrammar } from "../../client-tools/patch-grammar.ts";
import { type Case, callIdOf, lastOf, message } from "../case.ts";

const patch = "*** Begin Patch\n*** Delete File: a.ts\n*** End Patch";
const plain = { type: "custom", name: "note", description: "Keeps a note." };
const withGrammar = (syntax: string, definition: string) => ({
  type: "custom",
  name: "note",
  format: { type: "grammar", syntax, definition },
});
const lark = withGrammar("lark", patchGrammar);
const regex = withGrammar("regex", "\\d{3}-[a-c]+");
const noting = (input: string) => toolCalls([{ name: "note", arguments: { input } }]);
const note = (input: string) => ({ type: "custom_tool_call", name: "note", input, status: "completed" });

/** A grammar with an input that follows it and one that does not. */
function withInputs(kind: string, tool: object, good: string, bad: string): Case[] {
  return [
    {
      name: `a ${kind} that is followed`,
      turns: [{ send: { tools: [tool] }, model: [noting(good)], expect: { output: [note(good)] } }],
    },
    {
      name: `a ${kind} that is followed when the model is asked again`,
      turns: [
        {
          send: { tools: [tool] },
          model: [noting(bad), noting(good)],
          expect: {
            output: [note(good)],
            asked: [
              { roles: "user" },
              { roles: "user assistant tool", shown: [expect.stringContaining("Not carried out")] },
            ],
          },
        },
      ],
    },
    {
      name: `a ${kind} that is never followed`,
      turns: [
        {
          send: { tools: [tool] },
          model: [noting(bad), noting(`${bad} again`)],
          expect: {
            output: [],
            failed: { code: "custom_tool_input_invalid", message: expect.stringContaining("'note'") },
          },
        },
      ],
    },
  ];
}

/** Tools that take free text. */
export const customToolCases: readonly Case[] = [
  {
    name: "free text, and what comes of it",
    turns: [
      {
        send: { tools: [plain] },
        model: [toolCalls([{ name: "note", arguments: { input: 'a\n"b" é😀' } }], { fragment: 3 })],
        expect: {
          output: [note('a\n"b" é😀')],
          response: { tools: [{ ...plain, format: { type: "text" } }] },
          asked: [{ offered: ["note"], tools: [{ function: { description: "Keeps a note." } }] }],
        },
      },
      {
        send: (story) => ({
          previous_response_id: lastOf(story).id,
          tools: [plain],
          input: [{ type: "custom_tool_call_output", call_id: callIdOf(story), output: "kept" }],
        }),
        model: [text("It is kept.")],
        expect: { output: [message("It is kept.")], asked: [{ shown: ["kept"] }] },
      },
    ],
  },
  {
    name: "free text that the model did not wrap",
    turns: [
      {
        send: { tools: [plain] },
        model: [toolCalls([{ name: "note", arguments: "just so" }])],
        expect: { output: [note("just so")] },
      },
    ],
  },
  ...withInputs("lark grammar", lark, patch, "delete a.ts"),
  ...withInputs("regular expression", regex, "123-abc", "12-abc"),
  {
    name: "a grammar that cannot be read",
    turns: [
      {
        send: { tools: [withGrammar("lark", "start: nothing")] },
        expect: { refused: { status: 422, code: "invalid_value", param: "tools[0].format.definition" } },
      },
    ],
  },
];
