import { describe, expect, test } from "vitest";
import type { ModelDelta } from "./model-delta.ts";
import { drain, EngineWorld, say } from "./testing/engine-world.ts";
import { fakeTool } from "./testing/fake-mcp.ts";
import { accumulateWithClient } from "./testing/read-with-client.ts";

const look = { type: "function", name: "look" };

describe("a turn that the model is asked for twice", () => {
  test("has a thought of each try", async () => {
    const world = new EngineWorld(
      [[say.reasoning("first"), say.text("I would rather talk."), say.stop, say.usage(1, 1)]],
      [[say.reasoning("second"), say.call(0, "look"), say.args(0, "{}"), say.toolCalls, say.usage(1, 1)]],
    );
    const events = await drain(world.respond({ tools: [look], tool_choice: "required", stream: true }));
    const { output } = world.stored();
    expect(output).toMatchObject([
      { type: "reasoning", status: "completed", content: [{ text: "first" }] },
      { type: "reasoning", status: "completed", content: [{ text: "second" }] },
      { type: "function_call", name: "look" },
    ]);
    expect(accumulateWithClient(events).output).toEqual(output);
  });

  test("ends the first thought before the model is asked again", async () => {
    const again = Promise.withResolvers<void>();
    const world = new EngineWorld(
      [[say.reasoning("first"), say.text("No."), say.stop]],
      [again.promise, [say.call(0, "look"), say.args(0, "{}"), say.toolCalls]],
    );
    const seen: string[] = [];
    for await (const batch of world.respond({ tools: [look], tool_choice: "required", stream: true })) {
      seen.push(...batch.map(({ type }) => type));
      if (seen.includes("response.output_item.done")) again.resolve();
    }
    expect(seen.at(-1)).toBe("response.completed");
  });
});

describe("a call that is held back behind one that cannot be read", () => {
  const url = "https://docs.example.com/mcp";
  const tools = [
    { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" },
    { type: "custom", name: "digits", format: { type: "grammar", syntax: "regex", definition: "[0-9]+" } },
    { type: "function", name: "look", parameters: {} },
  ];
  const unreadable = [
    [
      say.call(0, "digits"),
      say.args(0, '{"input":"x"}'),
      say.call(1, "look"),
      say.args(1, '{"q":'),
      say.args(1, "1}"),
      say.toolCalls,
    ],
  ];

  test("is told to the model as one that has to be made again, and no call of it counts", async () => {
    const world = new EngineWorld(
      unreadable,
      [[say.call(0, "search"), say.args(0, "{}"), say.toolCalls]],
      [[say.text("Done."), say.stop]],
    );
    world.mcp.servers.set(url, [fakeTool("search")]);
    const response = await world.run({ tools });
    expect(response.output.map(({ type }) => type)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
    const second = world.model.seen[1]?.turn;
    expect(second?.again).toBeUndefined();
    expect(second?.items.slice(1)).toMatchObject([
      { type: "function_call", name: "digits" },
      { type: "function_call", call_id: "call_1", name: "look", arguments: '{"q":1}' },
      { type: "function_call_output", output: expect.stringContaining("Call the tool again.") },
      { type: "function_call_output", call_id: "call_1", output: expect.stringMatching(/^Not carried out/) },
    ]);
  });

  test("is asked for again although its server was trusted with it, since nobody has seen it", async () => {
    const trusted = { ...say.call(1, "digits"), constrained: { exact: true } } as ModelDelta;
    const good = [say.call(0, "digits"), say.args(0, '{"input":"1"}')];
    const world = new EngineWorld(
      [[...good, trusted, say.args(1, '{"input":"x"}'), say.toolCalls]],
      [[...good, say.call(1, "digits"), say.args(1, '{"input":"2"}'), say.toolCalls]],
    );
    const { status, output } = await world.run({ tools: tools.slice(1) });
    expect(status).toBe("completed");
    expect(output).toMatchObject([
      { type: "custom_tool_call", input: "1" },
      { type: "custom_tool_call", input: "2" },
    ]);
  });

  test("leaves the one that cannot be read to be asked for by itself where there is none", async () => {
    const world = new EngineWorld(
      [[say.call(0, "digits"), say.args(0, '{"input":"x"}'), say.toolCalls]],
      [[say.call(0, "digits"), say.args(0, '{"input":"1"}'), say.toolCalls]],
    );
    await world.run({ tools: tools.slice(1) });
    expect(world.model.seen[1]?.turn.again).toBeDefined();
  });
});
