import { describe, expect, test } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import { drain, EngineWorld, say } from "./testing/engine-world.ts";
import { fakeTool } from "./testing/fake-mcp.ts";
import { readWithClient } from "./testing/read-with-client.ts";
import type { Script } from "./testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const a = { type: "function", name: "a" };
const look = { type: "function", name: "look" };
const note = { type: "custom", name: "note" };
const digits = {
  type: "custom",
  name: "digits",
  format: { type: "grammar", syntax: "regex", definition: "\\d+" },
};
const spaceOf = (name: string, ...tools: object[]) => ({ type: "namespace", name, description: "d", tools });
const later = { type: "function", name: "later", description: "Sends a letter.", defer_loading: true };
const answer: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

/** Calls of these tools, in one turn. */
function calling(...names: string[]): ModelDelta[] {
  return names.flatMap((name, key) => [say.call(key, name), say.args(key, `{"q":${key}}`)]);
}

/** A turn that has these deltas and ends with its calls. */
const turn = (...deltas: ModelDelta[]): Script => [[...deltas, say.toolCalls, say.usage(1, 1)]];

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search"), fakeTool("get.page")]);
  return world;
}

/** What a turn was shown behind the caller's words: `+name` for a call, and what came of it. */
const shown = (world: EngineWorld, index: number) =>
  world.model.seen[index]?.turn.items.slice(1).map((item) => {
    if (item.type === "function_call") return `+${item.name}`;
    return item.type === "function_call_output" ? String(item.output) : item.type;
  });

const noTool = "Not carried out: there is no tool of this name. Call none but those that are on offer.";

describe("a tool that is called by another name", () => {
  test.for<[called: string, tools: object[], item: object]>([
    ["look", [spaceOf("eye", look)], { type: "function_call", name: "look", namespace: "eye" }],
    ["eye.look", [spaceOf("eye", look)], { type: "function_call", name: "look", namespace: "eye" }],
    ["eye/look", [spaceOf("eye", look), look], { type: "function_call", name: "look", namespace: "eye" }],
    ["eye.note", [spaceOf("eye", note)], { type: "custom_tool_call", name: "note", namespace: "eye" }],
    ["functions.a", [a], { type: "function_call", name: "a" }],
    [
      "functions.eye__look",
      [spaceOf("eye", look)],
      { type: "function_call", name: "look", namespace: "eye" },
    ],
    ["functions.note", [note], { type: "custom_tool_call", name: "note" }],
  ])("is that tool where it can be no other: %s", async ([called, tools, item]) => {
    const world = worldWith(turn(...calling(called)));
    const events = await drain(world.respond({ tools, stream: true }));
    expect(world.stored().output).toMatchObject([item]);
    expect((await readWithClient(events, false)).output).toMatchObject([item]);
    expect(world.faults).toEqual([]);
  });

  test.for(["docs.search", "docs__search", "get.page", "docs.get.page", "functions.search"])(
    "is that of the MCP server where it can be no other: %s",
    async (called) => {
      const world = worldWith(turn(...calling(called)), answer);
      const { output } = await world.run({ tools: [docs] });
      expect(output.map(({ type }) => type)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
      expect(world.mcp.called.map(({ name }) => name)).toEqual([
        called.includes("page") ? "get.page" : "search",
      ]);
    },
  );

  test.for<[called: string, tools: object[]]>([
    ["look", [spaceOf("eye", look), spaceOf("ear", look)]],
    ["functions.look", [spaceOf("functions", look), look]],
    ["later", [spaceOf("mail", { ...later, defer_loading: false }), later, { type: "tool_search" }]],
  ])("is none where it may be another: %s", async ([called, tools]) => {
    const world = worldWith(turn(...calling(called)), answer);
    expect((await world.run({ tools })).output.map(({ type }) => type)).toEqual(["message"]);
    expect(shown(world, 1)?.[1]).toMatch(/^Not carried out/);
  });

  test("is held to the choice of tools under its own", async () => {
    const world = worldWith(turn(...calling("look", "functions.a")));
    const tool_choice = { type: "allowed_tools", mode: "auto", tools: [{ type: "namespace", name: "eye" }] };
    const { output } = await world.run({ tools: [a, spaceOf("eye", look)], tool_choice });
    expect(output).toMatchObject([{ type: "function_call", name: "look", namespace: "eye" }]);
    expect(world.faults).toEqual(["calls outside the tool policy were dropped: functions.a"]);
  });
});

describe("a call of a tool that is not on offer", () => {
  test("is answered to the model, which is asked once more with what it has thought", async () => {
    const world = worldWith(
      turn(say.reasoning("Hm."), ...calling("zzz", "files.zz"), say.usage(5, 5)),
      turn(...calling("a")),
    );
    const events = await drain(world.respond({ tools: [a], stream: true }));
    expect(world.stored().output).toMatchObject([
      { type: "reasoning" },
      { type: "function_call", name: "a", call_id: "call_0" },
    ]);
    expect((await readWithClient(events, false)).output).toHaveLength(2);
    expect(shown(world, 1)).toEqual(["reasoning", "+zzz", "+files_zz", noTool, noTool]);
    expect(world.model.seen[1]?.turn.items[2]).toMatchObject({ call_id: "call_0", arguments: '{"q":0}' });
    expect(world.faults).toEqual(["calls outside the tool policy were dropped: zzz, files.zz"]);
  });

  test("is told of in the log as far as a line goes", async () => {
    const names = Array.from({ length: 30 }, (_, n) => `${"z".repeat(10_000)}${n}`);
    const world = worldWith(turn(...calling(...names)), answer);
    await world.run({ tools: [a] });
    const [line = ""] = world.faults;
    expect(line.length).toBeLessThan(2_500);
    expect(line).toMatch(/z…, z.* and 10 more$/);
  });

  test("is answered behind the words that the model has said, and both are kept", async () => {
    const world = worldWith(turn(say.text("Let me see."), ...calling("zzz")), answer);
    const { output } = await world.run({ tools: [a] });
    expect(output).toMatchObject([
      { type: "message", content: [{ text: "Let me see." }] },
      { type: "message", content: [{ text: "Done." }] },
    ]);
    expect(shown(world, 1)).toEqual(["message", "+zzz", noTool]);
  });

  test.for<[tools: object[]]>([[[a]], [[]], [[{ type: "web_search" }]]])(
    "fails by its name when it is made again with nothing else: %j",
    async ([tools]) => {
      const world = worldWith(
        turn(say.text("Well."), ...calling("zzz")),
        turn(say.text(" \n"), ...calling("zzz")),
      );
      const { status, error } = await world.run({ tools });
      expect([status, error]).toMatchObject([
        "failed",
        { code: "unknown_tool_called", message: expect.stringContaining("'zzz'") },
      ]);
    },
  );

  test("ends with the words beside it when it is made again", async () => {
    const world = worldWith(turn(...calling("zzz")), turn(say.text("It is four."), ...calling("zzz")));
    const { status, output } = await world.run({ tools: [a] });
    expect([status, output]).toMatchObject(["completed", [{ content: [{ text: "It is four." }] }]]);
  });

  test("is told to a model that has no tools without a call that its server would refuse", async () => {
    const world = worldWith(turn(...calling("zzz")), answer);
    await world.run({ instructions: "Be brief." });
    expect(shown(world, 1)).toEqual([]);
    expect(world.model.seen[1]?.turn.instructions).toBe(
      'Be brief.\n\nYou called the tool "zzz", but no tool can be called now. Answer without tools.',
    );
  });

  test("costs the caller none of the calls beside it", async () => {
    const world = worldWith(turn(...calling("zzz", "a", "yyy")));
    const { status, output } = await world.run({ tools: [a] });
    expect([status, output]).toMatchObject(["completed", [{ type: "function_call", name: "a" }]]);
    expect(output).toHaveLength(1);
  });

  test("is no first call where there may be only one", async () => {
    const world = worldWith(turn(...calling("zzz", "a")));
    const { output } = await world.run({ tools: [a], parallel_tool_calls: false });
    expect(output).toMatchObject([{ type: "function_call", name: "a" }]);
  });

  test("is answered with the calls beside it that run here, and costs no turn and no call", async () => {
    const world = worldWith(turn(...calling("zzz", "search")), answer);
    const { output, status } = await world.run({ tools: [docs], max_tool_calls: 1 });
    expect([status, output.map(({ type }) => type)]).toEqual([
      "completed",
      ["mcp_list_tools", "mcp_call", "message"],
    ]);
    expect(shown(world, 1)).toEqual(["+search", "+zzz", 'search {"q":1}', noTool]);
  });

  test("is answered with one beside it whose input cannot be used", async () => {
    const world = worldWith(
      turn(say.call(0, "zzz"), say.args(0, "{"), say.call(1, "digits"), say.args(1, '{"input":"x"}')),
      turn(say.call(0, "digits"), say.args(0, '{"input":"1"}')),
    );
    const { output } = await world.run({ tools: [digits] });
    expect(output).toMatchObject([{ type: "custom_tool_call", input: "1" }]);
    expect(shown(world, 1)).toEqual([
      "+zzz",
      "+digits",
      noTool,
      expect.stringContaining("Call the tool again."),
    ]);
    expect(world.model.seen[1]?.turn.items[1]).toMatchObject({ arguments: '{"input":"{"}' });
  });

  test("costs the caller no call of the first try", async () => {
    const wrong = [say.call(1, "digits"), say.args(1, '{"input":"x"}')];
    const world = worldWith(turn(...calling("a"), ...wrong), turn(...calling("zzz")));
    const { status, output } = await world.run({ tools: [a, digits] });
    expect([status, output]).toMatchObject(["completed", [{ type: "function_call", name: "a" }]]);
    expect(shown(world, 1)?.slice(0, 3)).toEqual(["+a", "+digits", expect.stringContaining("Passed on")]);
  });

  test("is left out where a limit has cut the turn, or has nothing left for another", async () => {
    const cut = worldWith([[...calling("zzz"), say.length, say.usage(1, 1)]]);
    expect(await cut.run({ tools: [a] })).toMatchObject({ status: "incomplete", output: [] });
    const spent = worldWith([[...calling("zzz"), say.toolCalls, say.usage(1, 16)]]);
    expect(await spent.run({ tools: [a], max_output_tokens: 16 })).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [],
    });
  });
});

describe("a call of a tool that is to be loaded first", () => {
  test.for<[execution: string, tools: object[]]>([
    ["here", [{ type: "tool_search" }]],
    ["by the caller", [{ type: "tool_search", execution: "client", description: "d", parameters: {} }]],
  ])("is answered with how it is found, where it is looked for %s", async ([, tools]) => {
    const search = [say.call(0, "tool_search"), say.args(0, '{"query":"letter"}')];
    const world = worldWith(turn(...calling("later")), turn(...search), answer);
    const { output } = await world.run({ tools: [...tools, later, a] });
    expect(output[0]).toMatchObject({ type: "tool_search_call" });
    expect(shown(world, 1)).toEqual([
      "+later",
      "Not carried out: this tool is not loaded: look for it with 'tool_search' first.",
    ]);
  });

  test("is so for one of an MCP server, by whatever name", async () => {
    const world = worldWith(turn(...calling("search", "docs.search")), answer);
    const tools = [{ ...docs, defer_loading: true }, { type: "tool_search" }];
    await world.run({ tools });
    const toldHow = expect.stringContaining("look for it with 'tool_search' first");
    expect(shown(world, 1)).toEqual(["+search", "+search", toldHow, toldHow]);
  });
});

describe("a call that is ruled out", () => {
  const ruledOut = "Not carried out: this tool cannot be called now. Go on without it.";

  test.for<[by: string, fields: object, told: string[]]>([
    ["none", { tools: [a], tool_choice: "none" }, []],
    [
      "another that is allowed",
      { tools: [a, look], tool_choice: { type: "allowed_tools", mode: "auto", tools: [look] } },
      ["+a", ruledOut],
    ],
  ])(
    "by %s is answered where the turn has nothing else, and passed over the second time",
    async ([, fields, told]) => {
      const world = worldWith(turn(...calling("a")), turn(...calling("a")));
      expect(await world.run({ ...fields })).toMatchObject({ status: "completed", output: [] });
      expect(shown(world, 1)).toEqual(told);
      const words = worldWith(turn(say.text("No need."), ...calling("a")));
      const { output } = await words.run({ ...fields });
      expect(output).toMatchObject([{ content: [{ text: "No need." }] }]);
    },
  );

  test("by max_tool_calls leaves the model to answer", async () => {
    const world = worldWith(turn(...calling("search")), turn(...calling("search")), answer);
    const { status, output } = await world.run({ tools: [docs, a], max_tool_calls: 1 });
    expect([status, output.map(({ type }) => type)]).toEqual([
      "completed",
      ["mcp_list_tools", "mcp_call", "message"],
    ]);
    expect(shown(world, 2)?.slice(-2)).toEqual(["+search", ruledOut]);
  });
});
