import type { Item } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { EngineWorld, say } from "../testing/engine-world.ts";

const done = [[say.text("ok"), say.stop]];

/** What the model is shown of an input, without ids. */
async function shown(input: object[], tools: object[] = []): Promise<object[]> {
  const world = new EngineWorld(done);
  world.knowledge.pictures.set("file-1", "data:image/png;base64,BB");
  await world.run({ input, tools, store: false });
  return (world.model.seen[0]?.turn.items ?? []).map(({ id: _id, status: _status, ...rest }: Item) => rest);
}

const call = (name: string, args: unknown) => ({
  type: "function_call",
  call_id: "c",
  name,
  arguments: JSON.stringify(args),
});
const output = (content: unknown) => ({ type: "function_call_output", call_id: "c", output: content });

describe("a model is shown calls and their outputs as those of functions", () => {
  const cases: [string, [object, object], [object, object]][] = [
    [
      "of a custom tool",
      [
        { type: "custom_tool_call", call_id: "c", name: "note", input: 'a "b"' },
        { type: "custom_tool_call_output", call_id: "c", output: "fine" },
      ],
      [call("note", { input: 'a "b"' }), output("fine")],
    ],
    [
      "of a custom tool in a namespace, answered with a picture",
      [
        { type: "custom_tool_call", call_id: "c", name: "note", namespace: "n", input: "x" },
        {
          type: "custom_tool_call_output",
          call_id: "c",
          output: [{ type: "input_image", file_id: "file-1" }],
        },
      ],
      [
        call("n__note", { input: "x" }),
        output([{ type: "input_image", image_url: "data:image/png;base64,BB" }]),
      ],
    ],
    [
      "of a function in a namespace",
      [
        { type: "function_call", call_id: "c", name: "find", namespace: "crm", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "x" },
      ],
      [{ ...call("crm__find", {}), namespace: "crm" }, output("x")],
    ],
    [
      "of a function that was found by itself, whose namespace is its own name",
      [
        { type: "function_call", call_id: "c", name: "find", namespace: "find", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "x" },
      ],
      [call("find", {}), output("x")],
    ],
    [
      "of a local shell, by the call's id",
      [
        {
          type: "local_shell_call",
          call_id: "c",
          action: { type: "exec", command: ["ls"], env: {}, user: null },
        },
        { type: "local_shell_call_output", id: "c", output: '{"output":"x"}' },
      ],
      [call("local_shell", { command: ["ls"], env: {} }), { ...output('{"output":"x"}') }],
    ],
    [
      "of a local shell, by call_id alone",
      [
        { type: "local_shell_call", call_id: "c", action: { type: "exec", command: ["ls"] } },
        { type: "local_shell_call_output", call_id: "c", output: "x" },
      ],
      [call("local_shell", { command: ["ls"] }), output("x")],
    ],
    [
      "of a local shell, by the item's id",
      [
        { type: "local_shell_call", id: "lsh_9", call_id: "c", action: { type: "exec", command: ["ls"] } },
        { type: "local_shell_call_output", id: "lsh_9", output: "x" },
      ],
      [call("local_shell", { command: ["ls"] }), output("x")],
    ],
    [
      "of a local shell, answered as a function",
      [
        { type: "local_shell_call", call_id: "c", action: { type: "exec", command: ["ls"] } },
        { type: "function_call_output", call_id: "c", output: "x" },
      ],
      [call("local_shell", { command: ["ls"] }), output("x")],
    ],
    [
      "of a shell",
      [
        { type: "shell_call", call_id: "c", action: { commands: ["ls", "sleep 9"] } },
        {
          type: "shell_call_output",
          call_id: "c",
          output: [
            { stdout: "a\n", stderr: "warn", outcome: { type: "exit", exit_code: 2 } },
            { stdout: "", stderr: "", outcome: { type: "timeout" } },
          ],
        },
      ],
      [
        call("shell", { commands: ["ls", "sleep 9"] }),
        output("Exit code: 2\nstdout:\na\n\nstderr:\nwarn\n\nThe command timed out."),
      ],
    ],
    [
      "of apply_patch",
      [
        { type: "apply_patch_call", call_id: "c", operation: { type: "delete_file", path: "a" } },
        { type: "apply_patch_call_output", call_id: "c", status: "failed", output: "no such file" },
      ],
      [call("apply_patch", { type: "delete_file", path: "a" }), output("failed\nno such file")],
    ],
    [
      "of a computer",
      [
        { type: "computer_call", call_id: "c", actions: [{ type: "wait" }], pending_safety_checks: [] },
        {
          type: "computer_call_output",
          call_id: "c",
          output: { type: "computer_screenshot", image_url: "data:image/png;base64,AA" },
        },
      ],
      [
        call("computer", { actions: [{ type: "wait" }] }),
        output([{ type: "input_image", image_url: "data:image/png;base64,AA" }]),
      ],
    ],
    [
      "of a search for tools",
      [
        { type: "tool_search_call", call_id: "c", execution: "client", arguments: { query: "x" } },
        {
          type: "tool_search_output",
          call_id: "c",
          tools: [{ type: "function", name: "send", description: "Sends mail.\nMore." }],
        },
      ],
      [
        call("tool_search", { query: "x" }),
        output("These tools can be called from now on:\n- send: Sends mail."),
      ],
    ],
  ];
  test.each(cases)("%s", async (_name, input, expected) => {
    const items = await shown(input);
    expect(items.map(({ ...item }) => JSON.parse(JSON.stringify(item)))).toMatchObject(expected);
  });

  test("under the name that the tool is offered by now", async () => {
    const tools = [{ type: "function", name: "shell" }, { type: "shell" }];
    const input = [
      { type: "shell_call", call_id: "c", action: { commands: ["ls"] } },
      { type: "shell_call_output", call_id: "c", output: [] },
    ];
    expect(await shown(input, tools)).toMatchObject([
      call("shell_2", { commands: ["ls"] }),
      output("There was no output."),
    ]);
  });

  test("in a namespace of its own name where there is one", async () => {
    const find = { type: "function", name: "find" };
    const input = [
      { type: "function_call", call_id: "c", name: "find", namespace: "find", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: "x" },
    ];
    const offered = async (tools: object[]) => (await shown(input, tools))[0];
    const space = { type: "namespace", name: "find", tools: [find] };
    expect(await offered([find, space])).toMatchObject({ name: "find__find" });
    expect(await offered([find])).toMatchObject({ name: "find" });
    expect(await offered([{ type: "custom", name: "find" }])).toMatchObject({ name: "find" });
  });

  test("a search that another server made by itself with what it found, and not without", async () => {
    const search = { type: "tool_search_call", arguments: { paths: ["crm"] }, execution: "server" };
    const found = { type: "tool_search_output", tools: [], execution: "server" };
    const items = await shown([search, search, found, found]);
    expect(items).toMatchObject([
      { type: "function_call", name: "tool_search", arguments: '{"paths":["crm"]}' },
      { type: "function_call_output", output: "No tools were found." },
    ]);
  });
});

describe("every call has its output", () => {
  test.each([
    ["a call", { type: "custom_tool_call", call_id: "c", name: "x", input: "" }, "custom tool call c"],
    [
      "an output",
      { type: "shell_call_output", call_id: "c", output: [] },
      "shell call output with call_id c",
    ],
    ["a local shell's output", { type: "local_shell_call_output", id: "c", output: "" }, "call_id c"],
  ])("%s alone is a 422 that names it", async (_name, item, message) => {
    await expect(shown([item])).rejects.toMatchObject({
      status: 422,
      param: "input",
      message: expect.stringContaining(message),
    });
  });
});
