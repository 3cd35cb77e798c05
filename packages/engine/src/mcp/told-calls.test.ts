import { type OutputItem, type ResponseEvent, toVisibleItem, toVisibleResponse } from "@gateway/protocol";
import { checkStream, StreamChecker } from "@gateway/protocol/grammar";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { reopenItems } from "../reopen-items.ts";
import { tellResponse } from "../tell-response.ts";
import { arbitraryDeltas, inBatches } from "../testing/arbitrary-turn.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const answer: Script = [[say.text("Done."), say.stop, say.usage(20, 5)]];

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search"), fakeTool("read")]);
  return world;
}

/** What is told of calls: for each event its step and the place of its item, with the text of deltas. */
function toldOf(events: readonly ResponseEvent[]): string[] {
  const calls = new Set<number>();
  return events.flatMap((event): string[] => {
    if (event.type === "response.output_item.added" && event.item.type === "mcp_call")
      calls.add(event.output_index);
    if (!("output_index" in event) || !calls.has(event.output_index)) return [];
    const step = event.type.replace(/^response\.(?:output_item\.|mcp_call_)?/, "");
    const text = "delta" in event ? ` ${String(event.delta)}` : "";
    return [`${event.output_index} ${step}${text}`];
  });
}

const shownOutputs = (world: EngineWorld, turn: number) =>
  world.model.seen[turn]?.turn.items.flatMap((item) =>
    item.type === "function_call_output" ? [String(item.output)] : [],
  );
/** Reads a stream that may be broken off. */
async function drainQuietly(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const _batch of batches);
}

const typesIn = (output: readonly OutputItem[]) => output.map(({ type }) => type);

describe("a call of an MCP server's tool", () => {
  test("is told of while the model writes it, and stays open until it was carried out", async () => {
    const rest = Promise.withResolvers<void>();
    const world = worldWith(
      [
        [say.text("Let me see."), say.call(0, "search"), say.args(0, '{"q":')],
        rest.promise,
        [say.args(0, '"cats"}')],
        [say.toolCalls, say.usage(10, 3)],
      ],
      answer,
    );
    const checker = new StreamChecker();
    const events: ResponseEvent[] = [];
    for await (const batch of world.respond({ tools: [docs], stream: true })) {
      for (const event of batch) checker.push(event);
      events.push(...structuredClone(batch));
      // The model writes the rest only when the beginning has been told.
      if (toldOf(events).includes('2 arguments.delta {"q":')) {
        if (world.model.seen.length === 1 && world.mcp.called.length === 0) rest.resolve();
      }
    }
    checker.end();
    expect(toldOf(events)).toEqual([
      "2 added",
      "2 mcp_call.in_progress",
      '2 arguments.delta {"q":',
      '2 arguments.delta "cats"}',
      "2 arguments.done",
      "2 mcp_call.completed",
      "2 done",
    ]);
    const { output } = world.stored();
    expect(output).toMatchObject([
      { type: "mcp_list_tools" },
      { type: "message" },
      { type: "mcp_call", arguments: '{"q":"cats"}', output: 'search {"q":"cats"}' },
      { type: "message" },
    ]);
    expect(accumulateWithClient(events).output).toEqual(output.map((item) => toVisibleItem(item)));
    expect((await readWithClient(events, true)).output).toHaveLength(4);
  });

  test("is told of beside others of its turn; each ends after all were written", async () => {
    const world = worldWith(
      [
        [say.call(0, "search"), say.args(0, '{"q":1}'), say.call(1, "read"), say.args(1, '{"q":2}')],
        [say.toolCalls],
      ],
      answer,
    );
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(toldOf(events)).toEqual([
      "1 added",
      "1 mcp_call.in_progress",
      '1 arguments.delta {"q":1}',
      "1 arguments.done",
      "2 added",
      "2 mcp_call.in_progress",
      '2 arguments.delta {"q":2}',
      "2 arguments.done",
      "1 mcp_call.completed",
      "1 done",
      "2 mcp_call.completed",
      "2 done",
    ]);
  });

  test("has an empty object for arguments where the model writes none", async () => {
    const world = worldWith([[say.call(0, "search"), say.toolCalls]], answer);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(toldOf(events).slice(2, 4)).toEqual(["1 arguments.delta {}", "1 arguments.done"]);
    expect(world.mcp.called).toMatchObject([{ name: "search", args: {} }]);
  });

  test("fails where its arguments are no object, and is not sent", async () => {
    const world = worldWith([[say.call(0, "search"), say.args(0, "{oops"), say.toolCalls]], answer);
    const { output } = await world.run({ tools: [docs] });
    expect(output[1]).toMatchObject({
      type: "mcp_call",
      status: "failed",
      arguments: "{oops",
      error: { type: "mcp_protocol_error", code: -32_602, message: "The arguments are not valid JSON." },
    });
    expect(world.mcp.called).toEqual([]);
    const [call] = world.model.seen[1]?.turn.items.slice(-2) ?? [];
    // Model servers do not take back what is not JSON.
    expect(call).toMatchObject({ type: "function_call", arguments: '{"input":"{oops"}' });
    expect(shownOutputs(world, 1)).toEqual(["The call failed: The arguments are not valid JSON."]);
  });

  test("keeps its place before a tool whose input is checked, also when the turn is asked for once more", async () => {
    const format = { type: "grammar", syntax: "regex", definition: "[0-9]+" };
    const digits = { type: "custom", name: "digits", format };
    const both = (input: string): Script => [
      [
        say.call(0, "search"),
        say.args(0, '{"q":1}'),
        say.call(1, "digits"),
        say.args(1, input),
        say.toolCalls,
      ],
    ];
    const world = worldWith(both('{"input":"x"}'), both('{"input":"1"}'));
    const events = await drain(world.respond({ tools: [docs, digits], stream: true }));
    const { output } = world.stored();
    expect(output).toMatchObject([
      { type: "mcp_list_tools" },
      { type: "mcp_call", status: "completed", arguments: '{"q":1}' },
      { type: "custom_tool_call", input: "1", parallel_to: output[1]?.id },
    ]);
    expect(accumulateWithClient(events).output).toEqual(output.map((item) => toVisibleItem(item)));
    expect(toldOf(events)).toEqual([
      "1 added",
      "1 mcp_call.in_progress",
      '1 arguments.delta {"q":1}',
      "1 arguments.done",
      "1 mcp_call.completed",
      "1 done",
    ]);
    expect(world.mcp.called).toHaveLength(1);
  });

  test("fails in the same way beside a tool whose input is checked", async () => {
    const format = { type: "grammar", syntax: "regex", definition: "[0-9]+" };
    const digits = { type: "custom", name: "digits", format };
    const world = worldWith([[say.call(0, "search"), say.args(0, "[1]"), say.toolCalls]], answer);
    const { output } = await world.run({ tools: [docs, digits] });
    expect(output[1]).toMatchObject({ type: "mcp_call", status: "failed", error: { code: -32_602 } });
    expect(world.mcp.called).toEqual([]);
  });

  test("that max_tool_calls leaves no room for is not told of", async () => {
    const calls = [0, 1, 2].flatMap((key) => [say.call(key, "search"), say.args(key, `{"q":${key}}`)]);
    const world = worldWith([[...calls, say.toolCalls]], answer);
    const { output } = await world.run({ tools: [docs], max_tool_calls: 2 });
    expect(typesIn(output)).toEqual(["mcp_list_tools", "mcp_call", "mcp_call", "message"]);
    expect(world.mcp.called.map(({ args }) => args.q)).toEqual([0, 1]);
    expect(shownOutputs(world, 1)?.[2]).toContain("no further tool calls");
  });

  test("counts towards max_tool_calls once, over several turns", async () => {
    const turn = (key: number): Script => [[say.call(key, "search"), say.args(key, "{}"), say.toolCalls]];
    const world = worldWith(turn(0), turn(0), turn(0), answer);
    await world.run({ tools: [docs], max_tool_calls: 3 });
    expect(world.mcp.called).toHaveLength(3);
  });

  test("of more than run at once is not told of before its time", async () => {
    const calls = Array.from({ length: 17 }, (_, key) => [say.call(key, "search"), say.args(key, "{}")]);
    const world = worldWith([[...calls.flat(), say.toolCalls]], answer);
    const { output } = await world.run({ tools: [docs] });
    expect(typesIn(output).filter((type) => type === "mcp_call")).toHaveLength(16);
    expect(shownOutputs(world, 1)?.at(-1)).toContain("too many tool calls at once");
  });

  test("that the choice of tools rules out is not told of", async () => {
    const tool_choice = {
      type: "allowed_tools",
      mode: "auto",
      tools: [{ type: "mcp", server_label: "docs", name: "read" }],
    };
    const world = worldWith([[say.call(0, "search"), say.args(0, "{}"), say.text("No."), say.stop]]);
    const { output } = await world.run({ tools: [docs], tool_choice });
    expect(typesIn(output)).toEqual(["mcp_list_tools", "message"]);
    expect(world.faults).toEqual([expect.stringContaining("search")]);
  });

  test("is told of with what was held back for it, where a call is compulsory", async () => {
    const world = worldWith(
      [[say.text("Hm.")], [say.call(0, "search"), say.args(0, "{}")], [say.toolCalls]],
      answer,
    );
    const { output } = await world.run({ tools: [docs], tool_choice: "required" });
    expect(typesIn(output)).toEqual(["mcp_list_tools", "message", "mcp_call", "message"]);
  });

  test("that the caller is to approve of is shown whole, and others of its turn as they are written", async () => {
    const world = worldWith([
      [say.call(0, "search"), say.args(0, '{"q":1}'), say.call(1, "read"), say.args(1, "{}"), say.toolCalls],
    ]);
    const asks = { ...docs, require_approval: { never: { tool_names: ["read"] } } };
    const { output } = await world.run({ tools: [asks] });
    expect(output).toMatchObject([
      { type: "mcp_list_tools" },
      { type: "mcp_call", name: "read", status: "completed" },
      { type: "mcp_approval_request", name: "search", arguments: '{"q":1}' },
    ]);
  });

  test("is told of beside one of the caller's functions", async () => {
    const world = worldWith([
      [say.call(0, "search"), say.args(0, '{"q":1}'), say.call(1, "own"), say.args(1, "{}"), say.toolCalls],
    ]);
    const own = { type: "function", name: "own", parameters: {} };
    const { output, status } = await world.run({ tools: [docs, own] });
    expect([status, typesIn(output)]).toEqual(["completed", ["mcp_list_tools", "mcp_call", "function_call"]]);
  });

  test("waits until it is whole where the turn may be asked for once more", async () => {
    const shell = { type: "local_shell" };
    const unreadable = [
      say.call(0, "search"),
      say.args(0, "{}"),
      say.call(1, "local_shell"),
      say.args(1, "?"),
    ];
    const again = [say.call(0, "search"), say.args(0, "{}"), say.toolCalls];
    const world = worldWith([[...unreadable, say.toolCalls]], [again], answer);
    const { output } = await world.run({ tools: [docs, shell] });
    expect(typesIn(output)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
    expect(world.mcp.called).toHaveLength(1);
  });
});

describe("a call that is cut short while it is written", () => {
  const half: Script = [[say.call(0, "search"), say.args(0, '{"q":"ca')]];
  const incomplete = {
    type: "mcp_call",
    status: "incomplete",
    arguments: '{"q":"ca',
    output: null,
    error: null,
  };

  test("by the length of the answer is closed and not carried out; the model hears of it later", async () => {
    const world = worldWith([...half, [say.length, say.usage(1, 1)]], answer);
    const { id, status, output } = await world.run({ tools: [docs] });
    expect([status, output]).toMatchObject(["incomplete", [{ type: "mcp_list_tools" }, incomplete]]);
    expect(world.mcp.called).toEqual([]);
    await world.run({ tools: [docs], previous_response_id: id });
    const call = world.model.seen[1]?.turn.items.find(({ type }) => type === "function_call");
    expect(call).toMatchObject({ arguments: JSON.stringify({ input: '{"q":"ca' }) });
    expect(shownOutputs(world, 1)).toEqual(["Not carried out: the call was cut short while it was written."]);
  });

  test.for([["length"], ["filtered"]] as const)(
    "when its arguments are whole was not carried out, and both the caller and the model hear so: %s",
    async ([reason]) => {
      const whole = [say.call(0, "search"), say.args(0, '{"q":"cats"}'), say[reason], say.usage(1, 1)];
      const world = worldWith([whole], answer, answer);
      const { id, output } = await world.run({ tools: [docs] });
      const error = { type: "http_error", code: 0, message: expect.stringContaining("Not carried out") };
      expect(output[1]).toMatchObject({ status: "incomplete", arguments: '{"q":"cats"}', error });
      expect(world.mcp.called).toEqual([]);
      await world.run({ tools: [docs], previous_response_id: id });
      // Callers who keep the context themselves send the item back.
      await world.run({ tools: [docs], input: [...output, { role: "user", content: "And?" }], store: false });
      const told = ["Not carried out: the response ended before the call was made."];
      expect([shownOutputs(world, 1), shownOutputs(world, 2)]).toEqual([told, told]);
    },
  );

  test("by a fault of the model's server was not carried out either, and is told in the same way again", async () => {
    const whole: Script = [[say.call(0, "search"), say.args(0, "{}")], new Error("broken")];
    const world = worldWith(whole, answer);
    await world.run({ tools: [docs] });
    const failed = world.stored();
    expect(failed.output[1]).toMatchObject({ status: "incomplete", error: { code: 0 } });
    const told = tellResponse(failed);
    checkStream(told);
    expect(told.at(-1)).toMatchObject({ response: { output: toVisibleResponse(failed).output } });
    await world.run({ tools: [docs], previous_response_id: failed.id });
    expect(shownOutputs(world, 1)).toEqual(["Not carried out: the response ended before the call was made."]);
  });

  test("after it was sent may have had an effect, and the model is told so", async () => {
    const begun = Promise.withResolvers<void>();
    const world = worldWith([[say.call(0, "search"), say.args(0, "{}"), say.toolCalls]], answer);
    world.mcp.servers.set(url, [
      fakeTool("search", () => {
        begun.resolve();
        return new Promise(() => {});
      }),
    ]);
    const reading = drainQuietly(world.respond({ tools: [docs], stream: true }));
    await begun.promise;
    world.abort.abort();
    await reading;
    const cancelled = world.stored();
    expect(cancelled.output[1]).toMatchObject({ status: "incomplete", error: null });
    const again = tellResponse(cancelled).filter(({ type }) => type === "response.output_item.done");
    expect(again[1]).toMatchObject({ item: cancelled.output[1] });
    const later = worldWith(answer);
    await later.run({ tools: [docs], input: [...cancelled.output, { role: "user", content: "And?" }] });
    expect(shownOutputs(later, 0)).toEqual([
      "The call was cut short; whether it had an effect is not known.",
    ]);
  });

  test("by a fault of the model's server is closed before the response fails", async () => {
    const world = worldWith([...half, new Error("broken")]);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(events.at(-1)).toMatchObject({
      type: "response.failed",
      response: { output: [{ type: "mcp_list_tools" }, incomplete] },
    });
    expect(toldOf(events).slice(-2)).toEqual(["1 arguments.done", "1 done"]);
  });

  test("by a caller who leaves is closed", async () => {
    const world = worldWith([...half, "hang"]);
    for await (const batch of world.respond({ tools: [docs], stream: true }))
      if (toldOf(batch).includes('1 arguments.delta {"q":"ca')) world.abort.abort();
    expect(world.stored()).toMatchObject({ status: "cancelled", output: [{}, incomplete] });
  });

  test("by the end of the process is opened again as it was", async () => {
    const world = worldWith([...half, "hang"]);
    const events: ResponseEvent[] = [];
    for await (const batch of world.respond({ tools: [docs], stream: true })) {
      events.push(...structuredClone(batch));
      if (toldOf(batch).includes('1 arguments.delta {"q":"ca')) break;
    }
    const later: string[] = [];
    const open = reopenItems(events, ({ type }) => void later.push(type));
    expect([...open.keys()]).toEqual([1]);
    open.get(1)?.close("incomplete");
    expect(open.get(1)?.item).toMatchObject(incomplete);
    expect(later).toEqual(["response.mcp_call_arguments.done", "response.output_item.done"]);
  });
});

test("whatever a model writes, the stream is legal and each call is carried out once, as it was written", async () => {
  const sizes = fc.array(fc.nat({ max: 5 }), { maxLength: 10 });
  const room = fc.constantFrom(undefined, 1, 2);
  await fc.assert(
    fc.asyncProperty(arbitraryDeltas, sizes, room, fc.boolean(), async (deltas, batches, most, own) => {
      const world = new EngineWorld(inBatches<ModelDelta>([...deltas, say.toolCalls], batches), answer);
      world.mcp.servers.set(url, [fakeTool("tool_0"), ...(own ? [] : [fakeTool("tool_1")])]);
      const mine = { type: "function", name: "tool_1", parameters: {} };
      const events = await drain(
        world.respond({
          tools: [docs, ...(own ? [mine] : [])],
          stream: true,
          ...(most !== undefined && { max_tool_calls: most }),
        }),
      );
      checkStream(events);
      const { output } = world.stored();
      expect(accumulateWithClient(events).output).toEqual(output.map((item) => toVisibleItem(item)));
      const written = deltas.flatMap((delta) => {
        if (delta.kind !== "call" || (own && delta.name === "tool_1")) return [];
        const text = deltas.flatMap((other) =>
          other.kind === "arguments" && other.key === delta.key ? [other.text] : [],
        );
        return [[delta.name, JSON.parse(text.join("") || "{}")]];
      });
      expect(world.mcp.called.map(({ name, args }) => [name, args])).toEqual(written.slice(0, most));
      const told = output.flatMap((item) => (item.type === "mcp_call" ? [item] : []));
      expect(told.map(({ name, arguments: args, status }) => [name, JSON.parse(args), status])).toEqual(
        written.slice(0, most).map((call) => [...call, "completed"]),
      );
    }),
    { numRuns: 200 },
  );
});
