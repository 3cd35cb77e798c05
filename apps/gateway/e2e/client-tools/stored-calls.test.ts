import { text, toolCalls } from "@gateway/testkit";
import OpenAI from "openai";
import type { ResponseInputItem, Tool } from "openai/resources/responses/responses";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";

const picture = "data:image/png;base64,iVBORw0KGgo=";

interface Case {
  name: string;
  tool: Tool;
  call: { name: string; arguments: object };
  /** The item that tells of the call, and what the official client answers it with. */
  item: object;
  answer: (callId: string) => ResponseInputItem;
  /** What the model is shown of that. */
  shown: unknown;
}

const cases: Case[] = [
  {
    name: "shell",
    tool: { type: "shell", environment: { type: "local" } },
    call: { name: "shell", arguments: { commands: ["ls", "pwd"] } },
    item: { type: "shell_call", action: { commands: ["ls", "pwd"] }, environment: { type: "local" } },
    answer: (call_id) => ({
      type: "shell_call_output",
      call_id,
      output: [{ stdout: "a", stderr: "", outcome: { type: "exit", exit_code: 0 } }],
    }),
    shown: "Exit code: 0\nstdout:\na",
  },
  {
    name: "apply_patch",
    tool: { type: "apply_patch" },
    call: { name: "apply_patch", arguments: { type: "delete_file", path: "a" } },
    item: { type: "apply_patch_call", operation: { type: "delete_file", path: "a" } },
    answer: (call_id) => ({ type: "apply_patch_call_output", call_id, status: "completed", output: "gone" }),
    shown: "completed\ngone",
  },
  {
    name: "computer",
    tool: { type: "computer" },
    call: { name: "computer", arguments: { actions: [{ type: "screenshot" }] } },
    item: { type: "computer_call", actions: [{ type: "screenshot" }], pending_safety_checks: [] },
    answer: (call_id) => ({
      type: "computer_call_output",
      call_id,
      output: { type: "computer_screenshot", image_url: picture },
    }),
    shown: "The output is in the next user message.",
  },
  {
    name: "custom",
    tool: { type: "custom", name: "note", format: { type: "text" } },
    call: { name: "note", arguments: { input: "a\nb" } },
    item: { type: "custom_tool_call", name: "note", input: "a\nb" },
    answer: (call_id) => ({ type: "custom_tool_call_output", call_id, output: "kept" }),
    shown: "kept",
  },
  {
    name: "tool_search",
    tool: { type: "tool_search", execution: "client" },
    call: { name: "tool_search", arguments: { query: "mail" } },
    item: { type: "tool_search_call", execution: "client", arguments: { query: "mail" } },
    answer: (call_id) => ({
      type: "tool_search_output",
      call_id,
      execution: "client",
      tools: [{ type: "function", name: "send_mail", parameters: null, strict: null }],
    }),
    shown: "These tools can be called from now on:\n- send_mail",
  },
];

describe.each(doorNames)("the official client through %s", (door) => {
  let doors: Doors;
  let client: OpenAI;

  beforeAll(async () => {
    doors = await startDoors();
    client = new OpenAI({ apiKey: "none", baseURL: `${doors.url(door)}/v1`, maxRetries: 0 });
  });

  afterAll(async () => {
    await doors?.[Symbol.asyncDispose]();
  });

  test.each(cases)("answers a call of $name, and the chain goes on", async (example) => {
    const { backend } = doors;
    backend.enqueue(...toolCalls([example.call]));
    const stream = client.responses.stream({ model: "scripted", input: "Go.", tools: [example.tool] });
    const first = await stream.finalResponse();
    expect(first.output).toMatchObject([{ ...example.item, status: "completed" }]);
    const [call] = first.output as { call_id: string }[];

    backend.enqueue(...text("Done."));
    const before = backend.requests.length;
    const second = await client.responses.create({
      model: "scripted",
      previous_response_id: first.id,
      input: [example.answer(call?.call_id ?? "")],
      tools: [example.tool],
    });
    expect(second.output_text).toBe("Done.");
    const messages = backend.requests[before]?.body.messages as Record<string, unknown>[];
    expect(messages.find(({ role }) => role === "tool")).toMatchObject({ content: example.shown });

    const listed = await client.responses.inputItems.list(second.id, { order: "asc" });
    expect(listed.data.map(({ type }) => type)).toEqual([
      "message",
      (example.item as { type: string }).type,
      example.answer("").type,
    ]);
    const replayed = await client.responses.stream({ response_id: first.id }).finalResponse();
    expect(replayed.output).toMatchObject([example.item]);
  });

  test("is given tools that the gateway has found for the model, without being asked", async () => {
    const { backend } = doors;
    const before = backend.requests.length;
    backend.enqueue(...toolCalls([{ name: "tool_search", arguments: { query: "send mail" } }]));
    backend.enqueue(...toolCalls([{ name: "mail__send", arguments: { to: "a" } }]));
    const stream = client.responses.stream({
      model: "scripted",
      input: "Write to a.",
      tools: [
        { type: "tool_search" },
        {
          type: "namespace",
          name: "mail",
          description: "E-mail.",
          tools: [
            { type: "function", name: "send", description: "Sends a mail.", defer_loading: true },
            { type: "function", name: "count", description: "Counts.", defer_loading: true },
          ],
        },
      ],
    });
    const response = await stream.finalResponse();
    expect(response.output).toMatchObject([
      { type: "tool_search_call", execution: "server", call_id: null, arguments: { query: "send mail" } },
      { type: "tool_search_output", execution: "server", call_id: null, tools: [{ name: "mail" }] },
      { type: "function_call", namespace: "mail", name: "send", arguments: '{"to":"a"}' },
    ]);
    const offered = backend.requests
      .slice(before)
      .map(({ body }) => (body.tools as { function: { name: string } }[]).map((tool) => tool.function.name));
    expect(offered[0]).toEqual(["tool_search"]);
    expect(offered[1]).toContain("mail__send");
  });

  test("names a tool of its own, and gets its call though the backend ignores the choice", async () => {
    doors.backend.enqueue(...text("I would rather talk."));
    doors.backend.enqueue(...toolCalls([{ name: "note", arguments: { input: "x" } }]));
    const response = await client.responses.create({
      model: "scripted",
      input: "Go.",
      tools: [{ type: "custom", name: "note" }, { type: "shell" }],
      tool_choice: { type: "custom", name: "note" },
    });
    expect(response.output).toMatchObject([{ type: "custom_tool_call", input: "x" }]);
    const offered = doors.backend.requests.at(-1)?.body.tools as { function: { name: string } }[];
    expect(offered.map((tool) => tool.function.name)).toEqual(["note"]);
  });
});
