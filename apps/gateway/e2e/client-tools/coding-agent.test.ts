import { type RecordedRequest, text, toolCalls } from "@gateway/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Doors, doorNames, startDoors } from "../doors.ts";
import { post } from "../post.ts";
import { postStream } from "../read-stream.ts";
import { patchGrammar } from "./patch-grammar.ts";

/** What a coding agent declares by default. */
const tools = [
  {
    type: "function",
    name: "shell",
    description: "Runs a shell command.",
    strict: false,
    parameters: {
      type: "object",
      properties: { command: { type: "array", items: { type: "string" } }, workdir: { type: "string" } },
      required: ["command"],
      additionalProperties: false,
    },
  },
  {
    type: "function",
    name: "update_plan",
    description: "Updates the plan.",
    strict: false,
    parameters: { type: "object", properties: { plan: { type: "array", items: { type: "object" } } } },
  },
  {
    type: "custom",
    name: "apply_patch",
    description: "Edits files. The input is a patch, not JSON.",
    format: { type: "grammar", syntax: "lark", definition: patchGrammar },
  },
  {
    type: "namespace",
    name: "mcp__tickets__",
    description: "Tools of the ticket system.",
    tools: [
      {
        type: "function",
        name: "search",
        description: "Finds tickets.",
        strict: false,
        parameters: { type: "object", properties: { q: { type: "string" } } },
      },
    ],
  },
  { type: "web_search", external_web_access: false },
  { type: "local_shell" },
];

const patch =
  "*** Begin Patch\n*** Update File: src/a.ts\n@@\n-let a = 1;\n+let a = 2; // “two” 🙂\n*** End Patch";
const ask = {
  model: "scripted",
  instructions: "You are a coding agent.",
  tools,
  tool_choice: "auto",
  parallel_tool_calls: true,
  reasoning: { summary: "auto" },
  store: false,
  include: ["reasoning.encrypted_content"],
  prompt_cache_key: "thread-1",
};
const question = { type: "message", role: "user", content: [{ type: "input_text", text: "Make a 2." }] };

describe.each(doorNames)("a coding agent through %s", (door) => {
  let doors: Doors;
  const messagesOf = (request: RecordedRequest) => request.body.messages as Record<string, unknown>[];

  beforeAll(async () => {
    doors = await startDoors();
  });

  afterAll(async () => {
    await doors?.[Symbol.asyncDispose]();
  });

  test("calls its tools of every kind, and goes on with what it sends back itself", async () => {
    const { backend } = doors;
    const before = backend.requests.length;
    backend.enqueue(
      ...toolCalls(
        [
          { name: "shell", arguments: { command: ["cat", "src/a.ts"] } },
          { name: "mcp__tickets__search", arguments: { q: "a" } },
          { name: "local_shell", arguments: { command: ["ls"] } },
          { name: "apply_patch", arguments: { input: patch } },
        ],
        { text: "I look and change it." },
      ),
    );
    const first = await postStream(doors.url(door), { ...ask, input: [question] });
    expect(first.final).toMatchObject({
      status: "completed",
      store: false,
      output: [
        { type: "message", content: [{ text: "I look and change it." }] },
        { type: "function_call", name: "shell", arguments: '{"command":["cat","src/a.ts"]}' },
        { type: "function_call", name: "search", namespace: "mcp__tickets__", arguments: '{"q":"a"}' },
        { type: "local_shell_call", action: { type: "exec", command: ["ls"], env: {} } },
        { type: "custom_tool_call", name: "apply_patch", input: patch },
      ],
    });
    expect(first.accumulated.output).toMatchObject(first.final.output);

    const { output } = first.final;
    const calls = output.filter((item) => "call_id" in item);
    const [shell, search, local, edit] = calls.map(({ call_id }) => call_id);
    backend.enqueue(...text("It is done."));
    const second = await postStream(doors.url(door), {
      ...ask,
      input: [
        question,
        ...output,
        { type: "function_call_output", call_id: shell, output: "let a = 1;" },
        { type: "function_call_output", call_id: search, output: "[]" },
        { type: "local_shell_call_output", id: local, output: '{"output":"src","metadata":{"exit_code":0}}' },
        { type: "custom_tool_call_output", call_id: edit, output: "Success. Updated src/a.ts" },
      ],
    });
    expect(second.final).toMatchObject({
      status: "completed",
      output: [{ content: [{ text: "It is done." }] }],
    });

    const [one, two] = backend.requests.slice(before) as [RecordedRequest, RecordedRequest];
    const offered = one.body.tools as { function: { name: string; description?: string } }[];
    expect(offered.map((tool) => tool.function.name)).toEqual([
      "shell",
      "update_plan",
      "apply_patch",
      "mcp__tickets__search",
      "local_shell",
    ]);
    expect(offered[2]?.function.description).toContain('begin: "*** Begin Patch" LF');
    const [system, user, assistant, ...answers] = messagesOf(two);
    expect([system?.role, user?.role]).toEqual(["system", "user"]);
    expect(assistant).toMatchObject({
      role: "assistant",
      content: "I look and change it.",
      tool_calls: [
        { id: shell, function: { name: "shell", arguments: '{"command":["cat","src/a.ts"]}' } },
        { id: search, function: { name: "mcp__tickets__search", arguments: '{"q":"a"}' } },
        { id: local, function: { name: "local_shell" } },
        { id: edit, function: { name: "apply_patch", arguments: JSON.stringify({ input: patch }) } },
      ],
    });
    expect(answers).toMatchObject([
      { role: "tool", tool_call_id: shell, content: "let a = 1;" },
      { role: "tool", tool_call_id: search, content: "[]" },
      { role: "tool", tool_call_id: local, content: expect.stringContaining("exit_code") },
      { role: "tool", tool_call_id: edit, content: "Success. Updated src/a.ts" },
    ]);
  });

  test("is told of the tools that have no effect here, and of those only", async () => {
    doors.backend.enqueue(...text("Hello."));
    const answer = await post(doors.url(door), { ...ask, input: [question] });
    expect(answer.status).toBe(200);
    const ignored = answer.headers.get("x-gateway-ignored") ?? "";
    expect(ignored).toContain("tools[4].type=web_search");
    expect(ignored.match(/tools\[/g)).toHaveLength(1);
    await answer.arrayBuffer();
  });

  test("gets a patch that does not follow the grammar only after the model has mended it", async () => {
    const { backend } = doors;
    const before = backend.requests.length;
    const wrong = patch.replace("*** Begin Patch\n", "");
    backend.enqueue(...toolCalls([{ name: "apply_patch", arguments: wrong }]));
    backend.enqueue(...toolCalls([{ name: "apply_patch", arguments: patch }]));
    const { final } = await postStream(doors.url(door), { ...ask, input: [question] });
    expect(final.output).toMatchObject([{ type: "custom_tool_call", input: patch, status: "completed" }]);
    const again = messagesOf(backend.requests[before + 1] as RecordedRequest);
    expect(again.at(-1)).toMatchObject({
      role: "tool",
      content: expect.stringContaining('at line 1, column 1 there is "*** Update File: src'),
    });
  });

  test("is told that a patch cannot be had where the model fails twice", async () => {
    doors.backend.enqueue(...toolCalls([{ name: "apply_patch", arguments: "no patch" }]));
    doors.backend.enqueue(...toolCalls([{ name: "apply_patch", arguments: "no patch either" }]));
    const { final } = await postStream(doors.url(door), { ...ask, input: [question] });
    expect(final).toMatchObject({
      status: "failed",
      error: { code: "custom_tool_input_invalid" },
      output: [],
    });
  });

  test("is refused a grammar that cannot be read", async () => {
    const broken = { ...tools[2], format: { type: "grammar", syntax: "lark", definition: "start: nothing" } };
    const answer = await post(doors.url(door), { ...ask, input: [question], tools: [broken] });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      error: {
        param: "tools[0].format.definition",
        code: "invalid_value",
        message: "The lark grammar cannot be read: the rule 'nothing' is not defined",
      },
    });
  });
});
