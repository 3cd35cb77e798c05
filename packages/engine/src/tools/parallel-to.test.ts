import type { Item, ResponseObject } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { tellResponse } from "../tell-response.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { passage } from "../testing/fake-knowledge.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";
import { joinTurns, turnOf } from "./parallel-to.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };
const files = { type: "file_search", vector_store_ids: ["vs_1"] };
const answer: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];

/** A turn that calls these tools, all at once. */
function calls(...names: string[]): Script {
  return [
    [
      ...names.flatMap((name, key) => [
        say.call(key, name),
        say.args(key, name === "file_search" ? '{"queries":["q"]}' : `{"q":${key}}`),
      ]),
      say.toolCalls,
      say.usage(1, 1),
    ],
  ];
}

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search"), fakeTool("read")]);
  world.knowledge.stores.set("vs_1", [passage("file-1", "a.md", "text")]);
  return world;
}

/** What the model was shown in a turn: `+name` for a call, `-name` for its output, and roles. */
function shown(world: EngineWorld, turn: number): string[] {
  const names = new Map<string, string>();
  return (world.model.seen[turn]?.turn.items ?? []).map((item) => {
    if (item.type === "function_call") {
      names.set(item.call_id, item.name);
      return `+${item.name}`;
    }
    if (item.type === "function_call_output") return `-${names.get(item.call_id)}`;
    return item.type === "message" ? item.role : item.type;
  });
}

const itemsOf = (world: EngineWorld, turn: number) => world.model.seen[turn]?.turn.items ?? [];
const marksOf = ({ output }: ResponseObject) =>
  output.map((item) => (item as { parallel_to?: string }).parallel_to);

describe("calls of one turn that were carried out here", () => {
  test("go back to the model together, and those of two turns apart", async () => {
    const world = worldWith(calls("search", "read"), calls("search"), calls("read"), answer);
    await world.run({ tools: [docs] });
    const first = ["user", "+search", "+read", "-search", "-read"];
    expect(shown(world, 1)).toEqual(first);
    expect(shown(world, 3)).toEqual([...first, "+search", "-search", "+read", "-read"]);
    // What was shown once is never shown in another way.
    for (const turn of [1, 2, 3])
      expect(itemsOf(world, turn).slice(0, itemsOf(world, turn - 1).length)).toEqual(
        itemsOf(world, turn - 1),
      );
  });

  test("do so whatever their tools are, and say in their items which of them is the first", async () => {
    const world = worldWith(calls("file_search", "search", "read", "file_search"), answer);
    const events = await drain(world.respond({ tools: [docs, files], stream: true }));
    checkStream(events);
    const response = world.stored();
    expect(response.output.map(({ type }) => type)).toEqual([
      "mcp_list_tools",
      "mcp_call",
      "mcp_call",
      "file_search_call",
      "file_search_call",
      "message",
    ]);
    const first = response.output[1]?.id;
    expect(marksOf(response)).toEqual([undefined, undefined, first, first, first, undefined]);
    expect(accumulateWithClient(events).output).toMatchObject(marksOf(response).map(() => ({})));
    expect((await readWithClient(events, true)).output).toHaveLength(6);
    expect(shown(world, 1)).toEqual([
      "user",
      "+search",
      "+read",
      "+file_search",
      "+file_search",
      "-search",
      "-read",
      "-file_search",
      "-file_search",
    ]);
    const again = tellResponse(response);
    checkStream(again);
    expect(again.at(-1)).toMatchObject({ response: { output: marksOf(response).map(() => ({})) } });
  });

  test.for(["previous_response_id", "conversation", "their caller"] as const)(
    "are shown in the same way in a response that follows by %s",
    async (way) => {
      const turns = [calls("search", "file_search"), calls("read"), answer];
      const world = worldWith(...turns, answer);
      const conversation = { id: "conv_1", object: "conversation" as const, created_at: 0, metadata: {} };
      await world.conversations.create(world.tenant, conversation, []);
      const tools = [docs, files];
      const include = ["file_search_call.results"];
      const input = [{ role: "user", content: "hi" }];
      const first = await world.run({
        tools,
        include,
        input,
        ...(way === "conversation" && { conversation: "conv_1" }),
      });
      const next = { role: "user", content: "And now?" };
      await world.run({
        tools,
        ...(way === "previous_response_id" && { previous_response_id: first.id, input: [next] }),
        ...(way === "conversation" && { conversation: "conv_1", input: [next] }),
        ...(way === "their caller" && { store: false, input: [...input, ...first.output, next] }),
      });
      const rendered = (turn: number) =>
        itemsOf(world, turn).map((item) =>
          "id" in item ? { ...item, id: undefined, status: undefined } : item,
        );
      const before = rendered(2);
      expect(shown(world, 2)).toEqual([
        "user",
        "+search",
        "+file_search",
        "-search",
        "-file_search",
        "+read",
        "-read",
      ]);
      expect(rendered(3).slice(0, before.length)).toEqual(before);
    },
  );

  test("have those beside them that were not carried out", async () => {
    const world = worldWith(calls("search", "read", "search"), answer);
    await world.run({ tools: [docs], max_tool_calls: 1 });
    expect(shown(world, 1)).toEqual(["user", "+search", "+read", "+search", "-search", "-read", "-search"]);
  });

  test("stay together with a word between them", async () => {
    const words = [
      say.call(0, "search"),
      say.args(0, "{}"),
      say.text("And"),
      say.call(1, "read"),
      say.args(1, "{}"),
    ];
    const world = worldWith([[...words, say.toolCalls]], answer);
    await world.run({ tools: [docs] });
    expect(shown(world, 1)).toEqual(["user", "+search", "assistant", "+read", "-search", "-read"]);
  });

  test("that were approved of go back together", async () => {
    const asking = { ...docs, require_approval: "always" };
    const world = worldWith(calls("search", "read"), answer, answer);
    const question = await world.run({ tools: [asking] });
    const input = question.output.flatMap(({ type, id }) =>
      type === "mcp_approval_request"
        ? [{ type: "mcp_approval_response", approval_request_id: id, approve: true }]
        : [],
    );
    const second = await world.run({ tools: [asking], previous_response_id: question.id, input });
    await world.run({ tools: [asking], previous_response_id: second.id });
    const together = ["user", "+search", "+read", "-search", "-read"];
    expect([shown(world, 1), shown(world, 2).slice(0, 5)]).toEqual([together, together]);
  });
});

describe("a call of the caller's in a turn with calls that run here", () => {
  const look = { type: "function", name: "look" };
  const note = { type: "custom", name: "note" };
  const outputOf = ({ output }: ResponseObject, name: string) =>
    output.flatMap((item) => {
      if (!("call_id" in item) || !("name" in item) || item.name !== name) return [];
      const type = item.type === "custom_tool_call" ? "custom_tool_call_output" : "function_call_output";
      return [{ type, call_id: item.call_id, output: "seen" }];
    });

  test.for(["previous_response_id", "their caller"] as const)(
    "goes back with them, behind them, in a response that follows by %s",
    async (way) => {
      const world = worldWith(calls("search", "look", "read", "note"), answer);
      const tools = [docs, look, note];
      const input = [{ role: "user", content: "hi" }];
      const events = await drain(world.respond({ tools, input, stream: true }));
      const first = world.stored();
      expect(first.output.map(({ type }) => type)).toEqual([
        "mcp_list_tools",
        "mcp_call",
        "function_call",
        "mcp_call",
        "custom_tool_call",
      ]);
      const mark = first.output[1]?.id;
      expect(marksOf(first)).toEqual([undefined, undefined, mark, mark, mark]);
      const added = events.flatMap((event) =>
        event.type === "response.output_item.added" ? [event.item] : [],
      );
      expect(marksOf({ output: added } as ResponseObject)).toEqual(marksOf(first));
      expect((await readWithClient(events, true)).output).toHaveLength(5);
      const outputs = [...outputOf(first, "note"), ...outputOf(first, "look")];
      await world.run({
        tools,
        ...(way === "previous_response_id" && { previous_response_id: first.id, input: outputs }),
        ...(way === "their caller" && { store: false, input: [...input, ...first.output, ...outputs] }),
      });
      expect(shown(world, 1).slice(0, 5)).toEqual(["user", "+search", "+look", "+read", "+note"]);
      expect(shown(world, 1).slice(5).toSorted()).toEqual(["-look", "-note", "-read", "-search"]);
    },
  );

  test("says nothing of it where it comes before them, or in another turn", async () => {
    const world = worldWith(calls("search"), calls("look", "note", "read"));
    const { output } = await world.run({ tools: [docs, look, note] });
    expect(output.map(({ type }) => type).slice(1)).toEqual([
      "mcp_call",
      "function_call",
      "custom_tool_call",
      "mcp_call",
    ]);
    expect(output.filter((item) => "parallel_to" in item)).toEqual([]);
  });
});

describe("calls of one turn that need approval", () => {
  const asking = { ...docs, require_approval: "always" };
  const answers = ({ output }: ResponseObject, ...approved: boolean[]) =>
    output
      .filter(({ type }) => type === "mcp_approval_request")
      .map(({ id }, place) => ({
        type: "mcp_approval_response",
        approval_request_id: id,
        approve: approved[place] ?? false,
      }));
  const thinking: Script = [[say.reasoning("Both."), ...([calls("search", "read")].flat(2) as ModelDelta[])]];

  test.for([
    [true, false],
    [false, true],
  ] as const)("go back as the model wrote them, carried out and denied: %j", async ([first, second]) => {
    const world = worldWith(thinking, answer, answer);
    const question = await world.run({ tools: [asking] });
    const input = answers(question, first, second);
    const { id } = await world.run({ tools: [asking], previous_response_id: question.id, input });
    const together = ["user", "reasoning", "+search", "+read", "-search", "-read"];
    expect(shown(world, 1)).toEqual(together);
    const outputs = itemsOf(world, 1).flatMap((item) =>
      item.type === "function_call_output" ? [String(item.output).startsWith("Not carried out")] : [],
    );
    expect(outputs).toEqual([!first, !second]);
    await world.run({ tools: [asking], previous_response_id: id });
    expect(shown(world, 2).slice(0, 6)).toEqual(together);
  });

  test("do so where there is no room for one of them, and with words of the caller's behind them", async () => {
    const world = worldWith(thinking, answer);
    const question = await world.run({ tools: [asking] });
    const input = [...answers(question, true, true), { role: "user", content: "Be quick." }];
    const fields = { tools: [asking], previous_response_id: question.id, input, max_tool_calls: 1 };
    await world.run(fields);
    expect(shown(world, 1)).toEqual(["user", "reasoning", "+search", "+read", "-search", "-read", "user"]);
  });

  test("stay where they were carried out when the model has gone on before", async () => {
    const world = worldWith(thinking, answer, answer);
    const question = await world.run({ tools: [asking] });
    const [one, other] = answers(question, true, true);
    const second = await world.run({ tools: [asking], previous_response_id: question.id, input: [one] });
    await world.run({ tools: [asking], previous_response_id: second.id, input: [other] });
    expect(shown(world, 2)).toEqual([
      "user",
      "reasoning",
      "+search",
      "-search",
      "assistant",
      "+read",
      "-read",
    ]);
  });
});

const call = (id: string, parallel_to?: string) => {
  const item = { type: "mcp_call", id, ...(parallel_to !== undefined && { parallel_to }) } as unknown as Item;
  const shown = [
    { type: "function_call", id, call_id: id, name: "f", arguments: "{}" },
    { type: "function_call_output", id: `${id}_output`, call_id: id, output: "" },
  ] as Item[];
  return { item, shown };
};
const message = (id: string, role: string) => {
  const item = { type: "message", id, role, content: [] } as Item;
  return { item, shown: [item] };
};
const idsOf = (items: readonly Item[]) => items.map(({ id }) => id);

describe("turns", () => {
  test("whose first call is gone still are one", () => {
    expect(idsOf(joinTurns([call("b", "a"), call("c", "a"), call("d")]))).toEqual([
      "b",
      "c",
      "b_output",
      "c_output",
      "d",
      "d_output",
    ]);
  });

  test("have outputs that are items of their own behind all of their calls", () => {
    const alone = (entry: ReturnType<typeof call>, place: number) => ({
      item: place === 0 ? entry.item : (entry.shown[1] as Item),
      shown: entry.shown.slice(place, place + 1),
    });
    const search = call("a");
    const entries = [alone(search, 0), alone(search, 1), call("b", "a"), call("c")];
    expect(idsOf(joinTurns(entries))).toEqual(["a", "b", "a_output", "b_output", "c", "c_output"]);
  });

  test("do not go on behind a message of somebody else", () => {
    const entries = [call("a"), message("m", "user"), call("b", "a"), call("c", "a")];
    expect(idsOf(joinTurns(entries))).toEqual(["a", "a_output", "m", "b", "c", "b_output", "c_output"]);
  });

  test("lose nothing and show each output behind its call, whatever the items say", () => {
    const entry = fc.oneof(
      fc.constant("message" as const),
      fc.record({ first: fc.option(fc.nat({ max: 6 }), { nil: undefined }) }),
    );
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (made) => {
        const entries = made.map((one, place) =>
          one === "message"
            ? message(`m${place}`, place % 2 === 0 ? "user" : "assistant")
            : call(`c${place}`, one.first === undefined ? undefined : `c${one.first}`),
        );
        const joined = joinTurns(entries);
        const flat = entries.flatMap(({ shown }) => shown);
        expect(idsOf(joined).toSorted()).toEqual(idsOf(flat).toSorted());
        for (const { item } of entries) {
          if (item.type !== "mcp_call") continue;
          expect(idsOf(joined).indexOf(`${item.id}_output`)).toBeGreaterThan(idsOf(joined).indexOf(item.id));
          expect(turnOf(item)).toMatch(/^c/);
        }
      }),
    );
  });
});

test("thousands of outcomes of one request for approval are no more work than others", () => {
  const request = {
    type: "mcp_approval_request",
    id: "r0",
    server_label: "d",
    name: "f",
    arguments: "{}",
  } as Item;
  const outcomes = Array.from({ length: 40_000 }, (_, n) => {
    const item = { type: "mcp_call", id: `m${n}`, approval_request_id: "r0" } as Item;
    return {
      item,
      shown: [{ type: "function_call", id: `s${n}`, call_id: `m${n}`, name: "f", arguments: "{}" } as Item],
    };
  });
  expect(joinTurns([{ item: request, shown: [] }, ...outcomes])).toHaveLength(outcomes.length);
});
