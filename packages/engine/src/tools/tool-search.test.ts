import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";

const later = (name: string, description: string) => ({
  type: "function",
  name,
  description,
  defer_loading: true,
});
const crm = {
  type: "namespace",
  name: "crm",
  description: "Customers and their orders.",
  tools: [
    later("find_customer", "Finds a customer by name."),
    later("list_orders", "Lists the orders of a customer."),
  ],
};
const tools = [
  { type: "tool_search" },
  crm,
  later("sendMail", "Sends an e-mail."),
  { type: "function", name: "clock", description: "Tells the time." },
];

function calls(key: number, name: string, args: object): ModelDelta[] {
  return [say.call(key, name), say.args(key, JSON.stringify(args)), say.toolCalls, say.usage(1, 1)];
}

const done: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];
const namesOf = (world: EngineWorld, turn: number) =>
  world.model.seen[turn]?.turn.tools.map(({ name }) => name);

describe("a search for tools that this server makes", () => {
  test("offers what it finds from the next turn on, and tells of both in items", async () => {
    const world = new EngineWorld(
      [calls(0, "tool_search", { query: "orders of a customer" })],
      [calls(1, "crm__list_orders", { customer: 7 })],
    );
    const events = await drain(world.respond({ tools, stream: true }));
    const last = events.at(-1);
    if (last === undefined || !("response" in last)) throw new Error("there is no terminal event");
    const { response } = last;
    expect(response).toMatchObject({
      status: "completed",
      output: [
        {
          type: "tool_search_call",
          id: expect.stringMatching(/^tsc_/),
          execution: "server",
          call_id: null,
          arguments: { query: "orders of a customer" },
        },
        {
          type: "tool_search_output",
          execution: "server",
          call_id: null,
          tools: [
            { type: "namespace", name: "crm", tools: [{ name: "list_orders" }, { name: "find_customer" }] },
          ],
        },
        { type: "function_call", namespace: "crm", name: "list_orders" },
      ],
    });
    expect((await readWithClient(events, false)).output).toMatchObject(response.output);
    expect(accumulateWithClient(events).output).toEqual(response.output);
    expect(namesOf(world, 0)).toEqual(["clock", "tool_search"]);
    expect(namesOf(world, 1)).toEqual(["clock", "crm__list_orders", "crm__find_customer", "tool_search"]);
    expect(world.model.seen[0]?.turn.tools.at(-1)?.description).toContain(
      "- crm: Customers and their orders.\n- sendMail",
    );
    expect(world.model.seen[1]?.turn.items.slice(-2)).toMatchObject([
      { type: "function_call", name: "tool_search", arguments: '{"query":"orders of a customer"}' },
      {
        type: "function_call_output",
        output: expect.stringContaining("- crm__list_orders: Lists the orders"),
      },
    ]);
  });

  test("gives calls of functions that it has found, and that are in no namespace, their own name as one", async () => {
    const world = new EngineWorld(
      [calls(0, "tool_search", { query: "mail" })],
      [calls(1, "sendMail", { to: "a" })],
      [calls(2, "clock", {})],
      done,
    );
    const sent = { type: "function_call", namespace: "sendMail", name: "sendMail", arguments: '{"to":"a"}' };
    const events = await drain(world.respond({ tools, stream: true }));
    const told = events.flatMap((event) =>
      "item" in event && event.item.type === "function_call" ? [event.item] : [],
    );
    expect(told).toMatchObject([{ ...sent, arguments: "" }, sent]);
    const last = events.at(-1);
    if (last === undefined || !("response" in last)) throw new Error("there is no terminal event");
    expect(last.response.output.at(-1)).toMatchObject(sent);
    // Found before, it is called at once; what was never to be loaded later is called without a namespace.
    const outputs = last.response.output.flatMap((item) =>
      item.type === "function_call"
        ? [{ type: "function_call_output", call_id: item.call_id, output: "Sent." }]
        : [],
    );
    const fields = { previous_response_id: last.response.id, tools };
    const second = await world.run({ ...fields, input: outputs });
    expect(second.output).toMatchObject([{ type: "function_call", name: "clock" }]);
    expect(second.output[0]).not.toHaveProperty("namespace");
    expect(world.model.seen[2]?.turn.items.slice(-2)).toMatchObject([
      { type: "function_call", name: "sendMail" },
      { type: "function_call_output", output: "Sent." },
    ]);
  });

  test.for<[what: string, fields: Record<string, unknown>, namespace: string | undefined]>([
    [
      "that a choice names has it too, since it could have been found",
      { tools, tool_choice: { type: "function", name: "sendMail" } },
      "sendMail",
    ],
    [
      "that is declared as to be loaded later and then as at hand has none",
      { tools: [...tools, { type: "function", name: "sendMail" }] },
      undefined,
    ],
    ["that nothing could find has none", { tools: [later("sendMail", "Sends an e-mail.")] }, undefined],
    [
      "that the caller's search has found has it",
      {
        tools: [{ type: "tool_search", execution: "client" }, later("sendMail", "Sends an e-mail.")],
        input: [
          { role: "user", content: "hi" },
          { type: "tool_search_call", call_id: "c", execution: "client", arguments: {} },
          { type: "tool_search_output", call_id: "c", tools: [{ type: "function", name: "sendMail" }] },
        ],
      },
      "sendMail",
    ],
  ])("a call of a function %s", async ([, fields, namespace]) => {
    const world = new EngineWorld([calls(0, "sendMail", { to: "a" })]);
    const { output } = await world.run(fields);
    expect(output).toMatchObject([{ type: "function_call", name: "sendMail" }]);
    expect(output[0]).toEqual(
      namespace === undefined
        ? expect.not.objectContaining({ namespace: expect.anything() })
        : expect.objectContaining({ namespace }),
    );
  });

  test("is remembered by the responses that follow", async () => {
    const world = new EngineWorld([calls(0, "tool_search", { query: "mail" })], done, done);
    const { id } = await world.run({ tools });
    await world.run({ previous_response_id: id, tools, input: "And now?" });
    expect(namesOf(world, 2)).toEqual(
      ["sendMail", "clock", "tool_search"].toSorted((a) => (a === "clock" ? 1 : 0)),
    );
    expect(world.model.seen[2]?.turn.items.map(({ type }) => type)).toEqual([
      "message",
      "function_call",
      "function_call_output",
      "message",
      "message",
    ]);
  });

  test("is told to the model as it is where it finds nothing, or was not asked for anything", async () => {
    const world = new EngineWorld(
      [calls(0, "tool_search", { query: "weather" })],
      [calls(1, "tool_search", {})],
      done,
    );
    const response = await world.run({ tools });
    expect(response.output.map(({ type }) => type)).toEqual([
      "tool_search_call",
      "tool_search_output",
      "message",
    ]);
    const outputs = world.model.seen[2]?.turn.items.filter(({ type }) => type === "function_call_output");
    expect(outputs).toMatchObject([
      { output: "No tools were found." },
      { output: expect.stringContaining("no query") },
    ]);
  });

  test("is one of the calls that max_tool_calls counts", async () => {
    const world = new EngineWorld([calls(0, "tool_search", { query: "mail" })], done);
    await world.run({ tools, max_tool_calls: 1 });
    expect(namesOf(world, 1)).not.toContain("tool_search");
  });
});
