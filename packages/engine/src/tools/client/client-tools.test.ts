import type { OutputItem, ResponseEvent } from "@gateway/protocol";
import { checkStream, StreamChecker } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../../model-delta.ts";
import { ResponseBuilder } from "../../response-builder.ts";
import { tellResponse } from "../../tell-response.ts";
import { drain, EngineWorld, say } from "../../testing/engine-world.ts";
import { accumulateWithClient, readWithClient } from "../../testing/read-with-client.ts";
import type { Script } from "../../testing/scripted-model.ts";

/** A turn that calls tools, each by its offered name with these arguments. */
function calls(...made: [name: string, args: string][]): Script {
  const deltas = made.flatMap(([name, args], key): ModelDelta[] => callOf(key, name, args));
  return [deltas, [say.toolCalls, say.usage(1, 1)]];
}

/** The same of a second turn: no id of a call comes twice in a context. */
function callsAgain(...made: [name: string, args: string][]): Script {
  return [
    made.flatMap(([name, args], index) => callOf(10 + index, name, args)),
    [say.toolCalls, say.usage(1, 1)],
  ];
}

function callOf(key: number, name: string, args: string): ModelDelta[] {
  const pieces = Array.from({ length: Math.ceil(args.length / 7) }, (_, at) =>
    args.slice(at * 7, at * 7 + 7),
  );
  return [say.call(key, name), ...pieces.map((piece) => say.args(key, piece))];
}

const text: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

/** Runs a request; every event is checked by the grammar, and by the official client. */
async function run(fields: object, ...scripts: Script[]) {
  const world = new EngineWorld(...scripts);
  const events = await drain(world.respond({ ...fields, stream: true }));
  const last = events.at(-1);
  if (last === undefined || !("response" in last)) throw new Error("there is no terminal event");
  const { response } = last;
  expect((await readWithClient(events, true)).output).toMatchObject(response.output);
  checkStream(tellResponse(response));
  if (response.status === "completed") expect(accumulateWithClient(events).output).toEqual(response.output);
  return { world, events, response };
}

function typesOf(events: readonly ResponseEvent[]): string[] {
  return events.map(({ type }) => type.replace("response.", "")).slice(2, -1);
}

const local = { type: "local_shell" };
const custom = { type: "custom", name: "note" };

describe("a call of a tool that the caller runs is told as an item of its own", () => {
  const whole = ["output_item.added", "output_item.done"];
  const cases: [string, object, [string, string], object, string[]][] = [
    [
      "local_shell",
      local,
      ["local_shell", '{"command":["ls","-l"],"workdir":"/tmp"}'],
      {
        type: "local_shell_call",
        id: expect.stringMatching(/^lsh_/),
        action: { type: "exec", command: ["ls", "-l"], env: {}, working_directory: "/tmp" },
      },
      whole,
    ],
    [
      "shell",
      { type: "shell", environment: { type: "local" } },
      ["shell", '{"commands":["ls","pwd"],"timeout_ms":1000}'],
      {
        type: "shell_call",
        id: expect.stringMatching(/^sh_/),
        action: { commands: ["ls", "pwd"], timeout_ms: 1000, max_output_length: null },
        environment: { type: "local" },
      },
      [
        "output_item.added",
        ...["added", "delta", "done", "added", "delta", "done"].map((step) => `shell_call_command.${step}`),
        "output_item.done",
      ],
    ],
    [
      "apply_patch",
      { type: "apply_patch" },
      ["apply_patch", '{"type":"update_file","path":"a.ts","diff":"@@\\n-a\\n+b"}'],
      {
        type: "apply_patch_call",
        id: expect.stringMatching(/^apc_/),
        operation: { type: "update_file", path: "a.ts", diff: "@@\n-a\n+b" },
      },
      whole,
    ],
    [
      "computer",
      { type: "computer" },
      ["computer", '{"actions":[{"type":"click","x":1,"y":2},{"type":"type","text":"hi"}]}'],
      {
        type: "computer_call",
        id: expect.stringMatching(/^cu_/),
        pending_safety_checks: [],
        actions: [
          { type: "click", button: "left", x: 1, y: 2 },
          { type: "type", text: "hi" },
        ],
      },
      whole,
    ],
    [
      "computer_use_preview",
      { type: "computer_use_preview", display_width: 100, display_height: 50, environment: "browser" },
      ["computer", '{"action":{"type":"screenshot"}}'],
      { type: "computer_call", pending_safety_checks: [], action: { type: "screenshot" } },
      whole,
    ],
    [
      "tool_search",
      { type: "tool_search", execution: "client" },
      ["tool_search", '{"query":"mail"}'],
      {
        type: "tool_search_call",
        id: expect.stringMatching(/^tsc_/),
        execution: "client",
        arguments: { query: "mail" },
      },
      whole,
    ],
    [
      "custom",
      custom,
      ["note", '{"input":"a\\nbcdefghi"}'],
      { type: "custom_tool_call", id: expect.stringMatching(/^ctc_/), name: "note", input: "a\nbcdefghi" },
      [
        "output_item.added",
        ...Array.from({ length: 2 }, () => "custom_tool_call_input.delta"),
        "custom_tool_call_input.done",
        "output_item.done",
      ],
    ],
    [
      "a function in a namespace",
      {
        type: "namespace",
        name: "crm",
        description: "Customers.",
        tools: [{ type: "function", name: "find" }],
      },
      ["crm__find", '{"a":1}'],
      { type: "function_call", name: "find", namespace: "crm", arguments: '{"a":1}' },
      [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
      ],
    ],
    [
      "a custom tool in a namespace",
      { type: "namespace", name: "crm", tools: [custom] },
      ["crm__note", "as it is"],
      { type: "custom_tool_call", name: "note", namespace: "crm", input: "as it is" },
      [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
      ],
    ],
  ];
  test.each(cases)("%s", async (_name, tool, call, item, steps) => {
    const { response, events } = await run({ tools: [tool] }, calls(call));
    expect(response).toMatchObject({
      status: "completed",
      output: [{ ...item, call_id: "call_0", status: "completed" }],
    });
    expect(typesOf(events)).toEqual(steps);
  });

  test("in the order in which the model made them, beside what it says", async () => {
    const script: Script = [
      [say.reasoning("Hm."), say.text("I look. "), say.call(0, "f"), say.args(0, "{}")],
      [say.call(1, "shell"), say.args(1, '{"commands":["ls"]}'), say.call(2, "f"), say.args(2, '{"a":1}')],
      [say.toolCalls, say.usage(1, 1)],
    ];
    const { response } = await run({ tools: [{ type: "function", name: "f" }, { type: "shell" }] }, script);
    expect(response.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "message",
      "function_call",
      "shell_call",
      "function_call",
    ]);
  });

  test("under another name where the caller has a function of that name", async () => {
    const tools = [{ type: "shell" }, { type: "function", name: "shell" }];
    const { response, world } = await run(
      { tools },
      calls(["shell", "{}"], ["shell_2", '{"commands":["ls"]}']),
    );
    expect(world.model.seen[0]?.turn.tools.map(({ name }) => name)).toEqual(["shell", "shell_2"]);
    expect(response.output.map(({ type }) => type)).toEqual(["function_call", "shell_call"]);
  });
});

describe("a call whose arguments cannot be used", () => {
  const tools = [{ type: "apply_patch" }];
  const good = '{"type":"delete_file","path":"a"}';

  test("is asked for once more, and the caller sees nothing of it", async () => {
    const { response, world } = await run(
      { tools },
      [[say.text("I patch."), ...(calls(["apply_patch", '{"path":']) as ModelDelta[][]).flat()]],
      callsAgain(["apply_patch", good]),
    );
    expect(response.output).toMatchObject([
      { type: "message", content: [{ text: "I patch." }] },
      { type: "apply_patch_call", operation: { type: "delete_file", path: "a" } },
    ]);
    expect(response.usage?.total_tokens).toBe(4);
    const shown = world.model.seen[1]?.turn.items.slice(1);
    expect(shown).toMatchObject([
      { type: "message", role: "assistant" },
      { type: "function_call", name: "apply_patch", arguments: '{"input":"{\\"path\\":"}' },
      { type: "function_call_output", output: expect.stringContaining("not valid JSON") },
    ]);
  });

  test.each([
    ["an operation that is none", '{"type":"move_file","path":"a"}', "'type'"],
    ["no diff", '{"type":"update_file","path":"a"}', "'diff'"],
    ["no object", "[]", "JSON object"],
  ])("says what is wrong: %s", async (_name, args, message) => {
    const { response } = await run({ tools }, calls(["apply_patch", args]), calls(["apply_patch", args]));
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "tool_arguments_invalid" },
      output: [],
    });
    expect(response.error?.message).toContain(message);
  });

  test("takes the other calls of its turn with it, but not those that were passed on", async () => {
    const all = [{ type: "function", name: "f" }, custom, ...tools];
    const { response, world } = await run(
      { tools: all },
      calls(["f", "{}"], ["apply_patch", "x"], ["note", '{"input":"late"}']),
      callsAgain(["apply_patch", good], ["note", '{"input":"late"}']),
    );
    expect(response.output.map(({ type }) => type)).toEqual([
      "function_call",
      "apply_patch_call",
      "custom_tool_call",
    ]);
    const outputs = world.model.seen[1]?.turn.items.filter(({ type }) => type === "function_call_output");
    expect(outputs).toMatchObject([
      { output: expect.stringContaining("Passed on") },
      { output: expect.stringContaining("Not carried out") },
      { output: expect.stringContaining("because another call could not be read") },
    ]);
  });

  test("is left out where a limit has cut it", async () => {
    const { response } = await run({ tools }, [
      [say.call(0, "apply_patch"), say.args(0, '{"type":"del'), say.length, say.usage(1, 1)],
    ]);
    expect(response).toMatchObject({ status: "incomplete", output: [] });
  });
});

describe("a custom tool with a grammar", () => {
  const regex = { ...custom, format: { type: "grammar", syntax: "regex", definition: "[a-z]+ \\d{2}" } };
  const lark = {
    ...custom,
    format: { type: "grammar", syntax: "lark", definition: 'start: "go " /[a-z]+/' },
  };

  test("is described to the model, with a pattern where servers know such", async () => {
    const { world } = await run({ tools: [regex, { ...lark, name: "move", description: "Moves." }] }, text);
    const [first, second] = world.model.seen[0]?.turn.tools ?? [];
    expect(first?.parameters).toMatchObject({ properties: { input: { pattern: "^([a-z]+ [0-9]{2})$" } } });
    expect(second?.description).toMatch(/^Moves\.\n\n.*Lark.*\nstart: "go "/);
  });

  test.each([
    ["a regular expression", regex, "abc 12", "abc 1"],
    ["a Lark grammar", lark, "go home", "stay"],
  ])("has its input checked: %s", async (_name, tool, good, bad) => {
    const args = (input: string) => JSON.stringify({ input });
    const passed = await run({ tools: [tool] }, calls(["note", args(good)]));
    expect(passed.response.output).toMatchObject([{ type: "custom_tool_call", input: good }]);
    const again = await run({ tools: [tool] }, calls(["note", args(bad)]), calls(["note", args(good)]));
    expect(again.response.output).toMatchObject([{ type: "custom_tool_call", input: good }]);
    expect(again.world.model.seen[1]?.turn.items.at(-1)).toMatchObject({
      type: "function_call_output",
      output: expect.stringMatching(/^Not carried out: The input does not/),
    });
    const failed = await run({ tools: [tool] }, calls(["note", args(bad)]), calls(["note", args(bad)]));
    expect(failed.response).toMatchObject({
      status: "failed",
      error: { code: "custom_tool_input_invalid" },
      output: [],
    });
  });

  test.each([
    ["at its place", [regex, { ...lark, format: { ...lark.format, definition: "begin: x" } }], "tools[1]"],
    [
      "in a namespace",
      [
        {
          type: "namespace",
          name: "n",
          tools: [{ ...regex, format: { ...regex.format, definition: "(a" } }],
        },
      ],
      "tools[0].tools[0]",
    ],
  ])("that cannot be read is a 422 %s", async (_name, tools, param) => {
    const world = new EngineWorld();
    await expect(world.respond({ tools }).next()).rejects.toMatchObject({
      status: 422,
      param: `${param}.format.definition`,
    });
  });
});

describe("a custom tool whose server can be told its grammar", () => {
  const definition = "[a-z]+ \\d{2}";
  const tool = { ...custom, format: { type: "grammar", syntax: "regex", definition } };
  const named = { tools: [tool], tool_choice: { type: "custom", name: "note" } };

  /** A turn whose text was the input, as a backend tells it. */
  function constrained(exact: boolean, finish: ModelDelta, ...pieces: string[]): ModelDelta[][] {
    const begin = { ...say.call(-1, "note"), constrained: { exact } } as ModelDelta;
    const texts = pieces.map((piece) => [say.args(-1, JSON.stringify(piece).slice(1, -1))]);
    const end = finish === say.toolCalls ? [say.args(-1, '"}')] : [];
    return [[begin, say.args(-1, '{"input":"')], ...texts, [...end, finish, say.usage(1, 1)]];
  }

  test.each([
    ["named", named],
    ["the only one that may be called", { tools: [tool], tool_choice: "required" }],
    [
      "the only one that is allowed",
      {
        tools: [tool, { type: "function", name: "f" }],
        tool_choice: { type: "allowed_tools", mode: "required", tools: [{ type: "custom", name: "note" }] },
      },
    ],
  ])("goes to the backend with it where it is %s", async (_name, fields) => {
    const { world } = await run(fields, constrained(true, say.toolCalls, "ab 12"));
    expect(world.model.seen[0]?.turn).toMatchObject({
      toolChoice: { name: "note", input: { tool: "note" } },
    });
    const choice = world.model.seen[0]?.turn.toolChoice;
    expect(typeof choice === "object" && choice.input?.constraint()?.gbnf).toBe(
      'root ::= [a-z]+ " " [0-9]{2}',
    );
  });

  test.each([
    ["that may be called", { tools: [tool] }],
    ["beside others", { tools: [tool, { type: "function", name: "f" }], tool_choice: "required" }],
    ["without a grammar", { tools: [custom], tool_choice: "required" }],
  ])("but not one %s", async (_name, fields) => {
    const { world } = await run(fields, calls(["note", '{"input":"ab 12"}']));
    const choice = world.model.seen[0]?.turn.toolChoice;
    expect(typeof choice === "object" ? choice.input : undefined).toBeUndefined();
  });

  test("has its input told while it is written, and thoughts before it", async () => {
    const [first, ...others] = constrained(true, say.toolCalls, "ab", " ", "12");
    const { events, response } = await run(named, [[say.reasoning("Hm.")], first ?? [], ...others]);
    expect(response).toMatchObject({
      status: "completed",
      output: [{ type: "reasoning" }, { type: "custom_tool_call", input: "ab 12", status: "completed" }],
    });
    const deltas = events.filter(({ type }) => type === "response.custom_tool_call_input.delta");
    expect(deltas).toMatchObject([{ delta: "ab" }, { delta: " " }, { delta: "12" }]);
  });

  test("fails where the input that was told is wrong all the same", async () => {
    const { response } = await run(named, constrained(true, say.toolCalls, "ab"));
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "custom_tool_input_invalid", message: expect.stringContaining("and did not") },
      output: [{ type: "custom_tool_call", status: "incomplete" }],
    });
  });

  test("that a limit cuts leaves the response incomplete", async () => {
    const { response } = await run(named, constrained(true, say.length, "ab"));
    expect(response).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ type: "custom_tool_call", input: "ab", status: "incomplete" }],
    });
  });

  test("is checked first where the server may let too much through, and then asked in the usual way", async () => {
    const { world, response } = await run(
      named,
      constrained(false, say.toolCalls, "Sure!"),
      callsAgain(["note", '{"input":"ab 12"}']),
    );
    expect(response.output).toMatchObject([{ type: "custom_tool_call", input: "ab 12" }]);
    expect(world.model.seen[1]?.turn).toMatchObject({ toolChoice: { name: "note" }, again: undefined });
    expect(world.model.seen[1]?.turn.toolChoice).not.toHaveProperty("input");
  });

  test("is asked for its input alone when the model has called it wrong", async () => {
    const { world, events, response } = await run(
      { tools: [tool] },
      calls(["note", '{"input":"no"}']),
      constrained(true, say.toolCalls, "ab", " 12"),
    );
    expect(world.model.seen[1]?.turn).toMatchObject({ toolChoice: "auto", again: { tool: "note" } });
    expect(response.output).toMatchObject([{ type: "custom_tool_call", input: "ab 12" }]);
    expect(events.filter(({ type }) => type === "response.custom_tool_call_input.delta")).toHaveLength(2);
  });

  test("and when it has not called it although it had to", async () => {
    const { world } = await run(named, text, constrained(true, say.toolCalls, "ab 12"));
    expect(world.model.seen[1]?.turn).toMatchObject({ again: { tool: "note" } });
  });

  test("but not where other calls were made with it, which would be lost", async () => {
    const { world } = await run(
      { tools: [tool] },
      calls(["note", '{"input":"no"}'], ["note", '{"input":"ab 12"}']),
      callsAgain(["note", '{"input":"ab 12"}'], ["note", '{"input":"cd 34"}']),
    );
    expect(world.model.seen[1]?.turn.again).toBeUndefined();
  });
});

describe("tool_choice", () => {
  const tools = [custom, { type: "shell" }, { type: "function", name: "note" }, { type: "apply_patch" }];
  const choices: [string, unknown, string[], unknown][] = [
    ["a custom tool", { type: "custom", name: "note" }, ["note"], { name: "note" }],
    ["a function of the same name", { type: "function", name: "note" }, ["note_2"], { name: "note_2" }],
    ["the shell", { type: "shell" }, ["shell"], { name: "shell" }],
    ["apply_patch", { type: "apply_patch" }, ["apply_patch"], { name: "apply_patch" }],
    [
      "some tools",
      {
        type: "allowed_tools",
        mode: "required",
        tools: [{ type: "custom", name: "note" }, { type: "shell" }],
      },
      ["note", "shell"],
      "required",
    ],
  ];
  test.each(choices)("offers only %s", async (_name, tool_choice, offered, choice) => {
    const arguments_ = offered.includes("apply_patch")
      ? '{"type":"delete_file","path":"a"}'
      : '{"commands":["ls"]}';
    const { world } = await run({ tools, tool_choice }, calls([offered.at(-1) as string, arguments_]));
    const turn = world.model.seen[0]?.turn;
    expect(turn?.tools.map(({ name }) => name)).toEqual(offered);
    expect(turn?.toolChoice).toEqual(choice);
  });

  test("is asked for once more, then fails", async () => {
    const { response } = await run({ tools, tool_choice: { type: "shell" } }, text, text);
    expect(response).toMatchObject({
      status: "failed",
      error: { code: "tool_choice_not_honored" },
      output: [],
    });
    const again = await run(
      { tools, tool_choice: { type: "shell" } },
      text,
      calls(["shell", '{"commands":["ls"]}']),
    );
    expect(again.response.output).toMatchObject([{ type: "shell_call" }]);
  });

  test("that names what the history does not have is a 422", async () => {
    const world = new EngineWorld(text);
    const { id } = await world.run({});
    const fields = { previous_response_id: id, tool_choice: { type: "custom", name: "note" } };
    await expect(world.respond(fields).next()).rejects.toMatchObject({ status: 422, param: "tool_choice" });
    const required = { previous_response_id: id, tool_choice: "required" };
    await expect(world.respond(required).next()).rejects.toMatchObject({ status: 422, param: "tool_choice" });
  });
});

test.for<[written: object, action: object]>([
  [{ command: "ls" }, { command: ["bash", "-lc", "ls"], env: {} }],
  [
    { command: ["ls"], env: null, timeout_ms: null, user: null, working_directory: null },
    { command: ["ls"], env: {} },
  ],
  [
    { command: ["ls"], env: { A: "1" }, timeout_ms: 5, user: "me", working_directory: "/a" },
    { command: ["ls"], env: { A: "1" }, timeout_ms: 5, user: "me", working_directory: "/a" },
  ],
])("a local shell's action has only what is said of it: %j", async ([written, action]) => {
  const { events, response } = await run({ tools: [local] }, calls(["local_shell", JSON.stringify(written)]));
  const told = events.flatMap((event) => ("item" in event ? [event.item] : []));
  for (const item of [...told, ...response.output])
    expect(item.type === "local_shell_call" && item.action).toEqual({ type: "exec", ...action });
  expect(told).toHaveLength(2);
});

describe("what the context adds", () => {
  const find = { type: "function", name: "find", defer_loading: true };
  const namesOf = (world: EngineWorld, turn: number) =>
    world.model.seen[turn]?.turn.tools.map(({ name }) => name);

  test("tools of an additional_tools item are offered from there on", async () => {
    const world = new EngineWorld(text, text);
    const added = { type: "additional_tools", role: "developer", tools: [custom] };
    const { id } = await world.run({ input: [{ role: "user", content: "x" }, added] });
    await world.run({ previous_response_id: id, tools: [{ type: "shell" }] });
    expect([namesOf(world, 0), namesOf(world, 1)]).toEqual([["note"], ["note", "shell"]]);
    expect(world.model.seen[0]?.turn.items.map(({ type }) => type)).toEqual(["message"]);
  });

  test("tools that are to be loaded later are offered once a search has found them", async () => {
    const world = new EngineWorld(calls(["tool_search", '{"query":"x"}']), text);
    const tools = [{ type: "tool_search", execution: "client" }, find];
    const { id, output } = await world.run({ tools });
    const [call] = output as Extract<OutputItem, { type: "tool_search_call" }>[];
    const found = {
      type: "tool_search_output",
      call_id: call?.call_id,
      tools: [{ type: "namespace", name: "crm", tools: [find] }],
    };
    await world.run({ previous_response_id: id, tools, input: [found] });
    expect([namesOf(world, 0), namesOf(world, 1)]).toEqual([["tool_search"], ["crm__find", "tool_search"]]);
    expect(world.model.seen[1]?.turn.items.slice(-2)).toMatchObject([
      { type: "function_call", name: "tool_search", arguments: '{"query":"x"}' },
      { type: "function_call_output", output: expect.stringContaining("- crm__find") },
    ]);
  });

  test("tools that are to be loaded later are offered at once where nothing can find them", async () => {
    const { world } = await run({ tools: [find] }, text);
    expect(namesOf(world, 0)).toEqual(["find"]);
  });

  test("settings of configuration_update items hold from there on, the last of each", async () => {
    const world = new EngineWorld(text, text);
    const effort = (level: string) => ({ type: "configuration_update", reasoning: { effort: level } });
    const format = { type: "json_schema", name: "n", schema: { type: "object" } };
    const input = [
      effort("low"),
      { type: "configuration_update", text: { format } },
      effort("high"),
      { role: "user", content: "x" },
    ];
    const first = await world.run({ input, reasoning: { effort: "minimal", summary: "auto" } });
    expect(first).toMatchObject({ reasoning: { effort: "high", summary: "auto" }, text: { format } });
    expect(world.model.seen[0]?.turn.request).toMatchObject({
      reasoning: { effort: "high" },
      text: { format },
    });
    await world.run({ previous_response_id: first.id, input: "y" });
    expect(world.model.seen[1]?.turn.request).toMatchObject({
      reasoning: { effort: "high" },
      text: { format },
    });
  });
});

test("calls that a process left open are closed by the next, wherever it was cut off", async () => {
  const { events, response } = await run(
    { tools: [custom, { type: "shell" }] },
    calls(["note", '{"input":"some text"}'], ["shell", '{"commands":["ls","pwd"]}']),
  );
  for (let cut = 2; cut < events.length - 1; cut++) {
    const logged = events.slice(0, cut);
    // What closes an item is made in one go, and logged in one.
    const last = logged.at(-1)?.type ?? "";
    if (last.startsWith("response.shell_call_command") || last.endsWith("input.done")) continue;
    const builder = new ResponseBuilder({ ...structuredClone(response), status: "in_progress", output: [] });
    const checker = new StreamChecker({ restarted: true });
    for (const event of [...logged, ...builder.resume(logged, true)]) checker.push(event);
    builder.settle({ status: "cancelled" }, 1);
  }
});

test("the grammars of all tools of a request have a limit together, which the first beyond it is named by", async () => {
  const definition = `start: "a"\n// ${"x".repeat(60_000)}`;
  const tools = Array.from({ length: 5 }, (_, n) => ({
    type: "custom",
    name: `t${n}`,
    format: { type: "grammar", syntax: "lark", definition },
  }));
  await expect(run({ tools }, text)).rejects.toMatchObject({
    status: 422,
    param: "tools[4].format.definition",
    code: "string_above_max_length",
  });
  expect((await run({ tools: tools.slice(0, 4) }, text)).response.status).toBe("completed");
});
