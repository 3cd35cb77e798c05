import { describe, expect, test } from "vitest";
import { ApiError } from "./errors.ts";
import { inputItem } from "./items.ts";
import { parseCreateRequest } from "./parse-create-request.ts";
import { toStoredItem } from "./to-stored-item.ts";
import { validate } from "./validate.ts";

const items = [
  { type: "function_call", call_id: "c", name: "f", namespace: "crm", arguments: "{}" },
  { type: "custom_tool_call", call_id: "c", name: "patch", input: "free text" },
  { type: "custom_tool_call_output", call_id: "c", output: [{ type: "input_text", text: "x" }] },
  { type: "local_shell_call", call_id: "c", action: { type: "exec", command: ["ls"], env: {} } },
  { type: "local_shell_call_output", id: "c", output: "x" },
  { type: "local_shell_call_output", call_id: "c", output: "x" },
  { type: "shell_call", call_id: "c", action: { commands: ["ls", "pwd"] } },
  {
    type: "shell_call_output",
    call_id: "c",
    output: [
      { stdout: "a", stderr: "", outcome: { type: "exit", exit_code: 0 } },
      { stdout: "", stderr: "b", outcome: { type: "timeout" } },
    ],
  },
  { type: "apply_patch_call", call_id: "c", operation: { type: "delete_file", path: "a" } },
  { type: "apply_patch_call_output", call_id: "c", status: "failed", output: "no" },
  { type: "computer_call", call_id: "c", actions: [{ type: "click", button: "left", x: 1, y: 2 }] },
  {
    type: "computer_call_output",
    call_id: "c",
    output: { type: "computer_screenshot", image_url: "data:image/png;base64,AA" },
  },
  { type: "tool_search_call", call_id: "c", execution: "client", arguments: { query: "mail" } },
  { type: "tool_search_output", call_id: "c", tools: [{ type: "function", name: "send" }] },
  { type: "additional_tools", role: "developer", tools: [{ type: "custom", name: "x" }] },
  { type: "configuration_update", reasoning: { effort: "high" }, text: { format: { type: "text" } } },
];

describe("calls of tools that the caller runs, and their outputs", () => {
  test.each(items.map((item) => [item.type, item] as const))("%s is read as it is", (_type, item) => {
    expect(validate(inputItem, item)).toEqual(item);
  });

  test.each([
    ["a custom call without input", { type: "custom_tool_call", call_id: "c", name: "x" }, "input"],
    ["a shell call without commands", { type: "shell_call", call_id: "c", action: {} }, "action.commands"],
    [
      "a patch that is none",
      { type: "apply_patch_call", call_id: "c", operation: { type: "move_file", path: "a" } },
      "operation.type",
    ],
    [
      "an outcome that is none",
      { type: "shell_call_output", call_id: "c", output: [{ stdout: "", stderr: "", outcome: {} }] },
      "output[0].outcome.type",
    ],
    ["an output that names no call", { type: "local_shell_call_output", output: "x" }, "call_id"],
    [
      "an output with nulls for its call",
      { type: "local_shell_call_output", id: null, call_id: null, output: "x" },
      "call_id",
    ],
  ])("%s is refused at its place", (_name, item, param) => {
    expect(() => parseCreateRequest({ model: "m", input: [item] }, false)).toThrow(ApiError);
    try {
      parseCreateRequest({ model: "m", input: [item] }, false);
    } catch (thrown) {
      expect(thrown).toMatchObject({ status: 422, param: `input[0].${param}` });
    }
  });

  test.each([
    ["shell_call", { environment: null, action: { timeout_ms: null, max_output_length: null } }],
    ["shell_call_output", { max_output_length: null, status: "completed" }],
    ["computer_call", { pending_safety_checks: [], status: "completed" }],
    ["tool_search_call", { execution: "client", status: "completed" }],
    ["tool_search_output", { execution: "client", status: "completed", call_id: "c" }],
    ["custom_tool_call", { status: "completed" }],
    ["apply_patch_call_output", { status: "failed" }],
  ])("%s is stored with the defaults that the SDKs' types promise", (type, defaults) => {
    const item = validate(
      inputItem,
      items.find((candidate) => candidate.type === type),
    );
    if (item.type === "item_reference") throw new Error("not a reference");
    expect(toStoredItem(item, "x_1")).toMatchObject({ ...defaults, id: "x_1" });
  });

  test("a local shell's output names its call by id; stored it has an id of its own", () => {
    const stored = toStoredItem({ type: "local_shell_call_output", id: "call_7", output: "x" }, "lsho_1");
    expect(stored).toMatchObject({ id: "lsho_1", call_id: "call_7" });
    expect(toStoredItem(stored as never, "lsho_1")).toEqual(stored);
  });

  test("a local shell's output names its call by call_id alone as well", () => {
    const stored = toStoredItem(
      { type: "local_shell_call_output", call_id: "call_7", output: "x" },
      "lsho_1",
    );
    expect(stored).toMatchObject({ id: "lsho_1", call_id: "call_7" });
  });

  test("a local shell's output that names no call is refused as every other is", () => {
    const input = [{ type: "local_shell_call_output", output: "x" }];
    expect(() => parseCreateRequest({ model: "m", input }, false)).toThrow(
      "Missing required parameter: 'input[0].call_id'.",
    );
  });

  test("tools that are added are stored without their secrets", () => {
    const stored = toStoredItem(
      {
        type: "additional_tools",
        role: "developer",
        tools: [
          {
            type: "mcp",
            server_label: "x",
            server_url: "https://a.example/",
            authorization: "hunter2",
          } as never,
        ],
      },
      "at_1",
    );
    expect(JSON.stringify(stored)).not.toContain("hunter2");
  });
});

describe("tool_choice over the tools that the caller runs", () => {
  const custom = { type: "custom", name: "c" };
  const space = {
    type: "namespace",
    name: "crm",
    description: "",
    tools: [{ type: "function", name: "find" }],
  };
  const later = { type: "additional_tools", role: "developer", tools: [custom] };
  const parse = (fields: object) => parseCreateRequest({ model: "m", input: "x", ...fields }, true).request;

  test.each([
    ["a custom tool", [custom], custom],
    ["a shell", [{ type: "shell" }], { type: "shell" }],
    ["apply_patch", [{ type: "apply_patch" }], { type: "apply_patch" }],
    ["either computer", [{ type: "computer" }], { type: "computer_use" }],
    ["a function in a namespace", [space], { type: "function", name: "find", namespace: "crm" }],
    ["a whole namespace", [space], { type: "namespace", name: "crm" }],
    [
      "some of them",
      [custom, space, { type: "shell" }],
      { type: "allowed_tools", mode: "auto", tools: [custom, { type: "shell" }] },
    ],
  ])("may name %s", (_name, tools, tool_choice) => {
    expect(parse({ tools, tool_choice }).tool_choice).toEqual(tool_choice);
  });

  test("may name a tool that an item of the input adds", () => {
    parse({ input: [later], tool_choice: custom });
    parse({ input: [later], tool_choice: "required" });
  });

  test.each([
    ["a custom tool by the name of a function", [{ type: "function", name: "c" }], custom],
    ["a function in another namespace", [space], { type: "function", name: "find", namespace: "erp" }],
    ["a shell that is not there", [custom], { type: "shell" }],
  ])("may not name %s", (_name, tools, tool_choice) => {
    expect(() => parse({ tools, tool_choice })).toThrow("is not among the tools");
  });

  test("may name what only the history can have", () => {
    parse({ previous_response_id: "resp_1", tool_choice: custom });
  });
});

test("what is declared with the caller's types but would run here is named", () => {
  const tools = [
    { type: "shell", environment: { type: "container_auto" } },
    { type: "shell", environment: { type: "local" } },
    { type: "shell" },
    { type: "tool_search" },
    { type: "tool_search", execution: "client" },
    { type: "programmatic_tool_calling" },
  ];
  const input = [{ type: "additional_tools", role: "developer", tools: [{ type: "image_generation" }] }];
  expect(parseCreateRequest({ model: "m", input, tools }, false).ignored).toEqual([
    "tools[0].type=shell",
    "tools[5].type=programmatic_tool_calling",
    "input[0].tools[0].type=image_generation",
  ]);
});
