import { type ResponseObject, toVisibleResponse } from "@gateway/protocol";
import { describe, expect, test } from "vitest";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { type FakeTool, fakeTool } from "../testing/fake-mcp.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";

const url = "https://crm.example.com/mcp";
const crm = {
  type: "mcp",
  server_label: "crm",
  server_url: `${url}?key=hunter2`,
  server_description: "What the shop knows.",
  authorization: "hunter2",
  require_approval: "never",
  defer_loading: true,
};
const search = { type: "tool_search" };
const clock = { type: "function", name: "clock", parameters: {} };

function about(name: string, description: string): FakeTool {
  const { listed, answer } = fakeTool(name);
  return { listed: { ...listed, description }, answer };
}

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  const tools = [
    about("find_customer", "Finds a customer by name."),
    about("list_orders", "Lists the orders of a customer."),
    about("clock", "Tells when the shop opens."),
  ];
  world.mcp.servers.set(crm.server_url, tools).set(url, tools);
  return world;
}

const call = (name: string, args: object): Script => [
  [say.call(0, name), say.args(0, JSON.stringify(args)), say.toolCalls, say.usage(1, 1)],
];
const done: Script = [[say.text("Done."), say.stop, say.usage(1, 1)]];
const namesOf = (world: EngineWorld, turn: number) =>
  world.model.seen[turn]?.turn.tools.map(({ name }) => name);
const typesOf = ({ output }: ResponseObject) => output.map(({ type }) => type);

describe("the tools of a server that are to be loaded later", () => {
  test("are offered at once where there is no search", async () => {
    const world = worldWith(done);
    await world.run({ tools: [crm, clock] });
    expect(namesOf(world, 0)).toEqual(["clock", "find_customer", "list_orders", "crm__clock"]);
  });

  test("are not offered before the search has found them, and then called as any others", async () => {
    const world = worldWith(call("tool_search", { query: "orders" }), call("list_orders", { q: "7" }), done);
    const events = await drain(world.respond({ tools: [search, crm, clock], stream: true }));
    const response = world.stored();
    expect(response.output).toMatchObject([
      { type: "mcp_list_tools", tools: [{}, {}, {}] },
      { type: "tool_search_call" },
      {
        type: "tool_search_output",
        tools: [{ type: "mcp", server_label: "crm", server_url: url, allowed_tools: ["list_orders"] }],
      },
      { type: "mcp_call", name: "list_orders", status: "completed", output: 'list_orders {"q":"7"}' },
      { type: "message" },
    ]);
    expect(accumulateWithClient(events).output).toEqual(toVisibleResponse(response).output);
    expect((await readWithClient(events, false)).output).toHaveLength(5);
    expect(namesOf(world, 0)).toEqual(["clock", "tool_search"]);
    expect(namesOf(world, 1)).toEqual(["clock", "tool_search", "list_orders"]);
    expect(world.model.seen[0]?.turn.tools.at(-1)?.description).toContain("- crm: What the shop knows.");
    expect(world.model.seen[1]?.turn.items.at(-1)).toMatchObject({
      type: "function_call_output",
      output: "These tools can be called from now on:\n- list_orders: Lists the orders of a customer.",
    });
    expect(JSON.stringify(response)).not.toContain("hunter2");
    expect(world.mcp.called[0]?.server.headers).toEqual({ authorization: "Bearer hunter2" });
  });

  test("are found beside the caller's own, in one search", async () => {
    const later = { ...clock, name: "cancel_orders", description: "Cancels orders.", defer_loading: true };
    const world = worldWith(call("tool_search", { query: "orders" }), done);
    const { output } = await world.run({ tools: [search, crm, later] });
    expect(output[2]).toMatchObject({
      tools: expect.arrayContaining([
        expect.objectContaining({ type: "function", name: "cancel_orders" }),
        expect.objectContaining({ type: "mcp", allowed_tools: ["list_orders"] }),
      ]),
    });
    expect(namesOf(world, 1)?.toSorted()).toEqual(["cancel_orders", "list_orders", "tool_search"]);
  });

  test("stay loaded in the responses that follow, with the keys of the declaration", async () => {
    const tools = [search, crm];
    const world = worldWith(
      call("tool_search", { query: "orders" }),
      done,
      call("list_orders", {}),
      done,
      done,
    );
    const first = await world.run({ tools });
    await world.run({ tools, previous_response_id: first.id });
    expect(namesOf(world, 2)).toEqual(["tool_search", "list_orders"]);
    expect(world.mcp.called.at(-1)?.server.headers).toEqual({ authorization: "Bearer hunter2" });
    // Callers who keep the context themselves send it back beside the declaration.
    const input = [...first.output, { role: "user", content: "And now?" }];
    const third = await world.run({ tools, store: false, input });
    expect([typesOf(third), namesOf(world, 4)]).toEqual([["message"], ["tool_search", "list_orders"]]);
    expect(world.mcp.listed).toHaveLength(1);
  });

  test.for([
    [{ type: "mcp", server_label: "crm", name: "find_customer" }, ["find_customer"]],
    [{ type: "mcp", server_label: "crm" }, ["find_customer", "list_orders", "clock"]],
    [
      { type: "allowed_tools", mode: "auto", tools: [{ type: "mcp" }] },
      ["find_customer", "list_orders", "clock"],
    ],
  ] as const)("are offered at once where tool_choice names them: %j", async ([tool_choice, names]) => {
    const world = worldWith(call(names.at(-1) ?? "", {}), done);
    await world.run({ tools: [search, crm], tool_choice });
    expect(namesOf(world, 0)).toEqual(names);
  });

  test("wait as functions do where they are allowed beside the search, and are then the only ones of those found", async () => {
    const later = { ...clock, name: "cancel_orders", description: "Cancels orders.", defer_loading: true };
    const world = worldWith(call("tool_search", { query: "customer orders" }), done);
    const tools = [
      { type: "mcp", server_label: "crm", name: "list_orders" },
      { type: "function", name: "cancel_orders" },
      { type: "tool_search" },
    ];
    await world.run({
      tools: [search, crm, later],
      tool_choice: { type: "allowed_tools", mode: "auto", tools },
    });
    expect(namesOf(world, 0)).toEqual(["tool_search"]);
    expect(namesOf(world, 1)?.toSorted()).toEqual(["cancel_orders", "list_orders", "tool_search"]);
  });

  test("are a 422 where a tool that no search can find is allowed beside it", async () => {
    const world = worldWith();
    const tools = [{ type: "tool_search" }, { type: "mcp", server_label: "crm", name: "refund" }];
    const fields = { tools: [search, crm], tool_choice: { type: "allowed_tools", mode: "auto", tools } };
    await expect(world.run(fields)).rejects.toMatchObject({ status: 422, param: "tool_choice.tools[1]" });
  });

  test("can be approved of by callers who leave the search out of what they send back", async () => {
    const asks = { ...crm, require_approval: "always" };
    const world = worldWith(call("tool_search", { query: "orders" }), call("list_orders", {}), done);
    const first = await world.run({ tools: [search, asks], store: false });
    const request = first.output.find(({ type }) => type === "mcp_approval_request");
    const approval = { type: "mcp_approval_response", approval_request_id: request?.id, approve: true };
    const second = await world.run({ tools: [search, asks], store: false, input: [request, approval] });
    expect(typesOf(second)).toEqual(["mcp_list_tools", "mcp_call", "message"]);
  });

  test("are not called before they were found, and such a call is not the caller's either", async () => {
    const world = worldWith(call("list_orders", {}), done);
    const response = await world.run({ tools: [search, crm] });
    expect(typesOf(response)).not.toContain("function_call");
    expect(world.mcp.called).toEqual([]);
  });

  test("stay loaded where several searches have found them, and nothing else declares the server", async () => {
    const world = worldWith(
      call("tool_search", { query: "orders" }),
      call("tool_search", { query: "opens" }),
      done,
      done,
    );
    const first = await world.run({ tools: [search, { ...crm, authorization: undefined }] });
    const names = namesOf(world, 2)?.slice(1).toSorted();
    expect(names).toEqual(["clock", "list_orders"]);
    await world.run({ previous_response_id: first.id });
    expect(namesOf(world, 3)?.toSorted()).toEqual(names);
  });

  test("that a caller's searches have found keep the rule of the last where their rules differ", async () => {
    const world = worldWith(done);
    const found = (name: string, require_approval: string) => ({
      type: "tool_search_output",
      call_id: name,
      execution: "client",
      tools: [{ type: "mcp", server_label: "crm", server_url: url, allowed_tools: [name], require_approval }],
    });
    const asked = (call_id: string) => ({
      type: "tool_search_call",
      call_id,
      execution: "client",
      arguments: {},
    });
    const input = [
      asked("find_customer"),
      found("find_customer", "always"),
      asked("list_orders"),
      found("list_orders", "never"),
      { role: "user", content: "And now?" },
    ];
    await world.run({ input });
    expect(namesOf(world, 0)).toEqual(["list_orders"]);
  });

  test("wait for a search that the caller makes, and are there when it has found them", async () => {
    const byCaller = { type: "tool_search", execution: "client" };
    const world = worldWith(call("tool_search", { query: "orders" }), done);
    const first = await world.run({ tools: [byCaller, crm] });
    expect(namesOf(world, 0)).toEqual(["tool_search"]);
    const [asked] = first.output.slice(-1) as { call_id?: string }[];
    const found = {
      type: "tool_search_output",
      call_id: asked?.call_id,
      execution: "client",
      tools: [{ type: "mcp", server_label: "crm", server_url: url, allowed_tools: ["find_customer"] }],
    };
    await world.run({ tools: [byCaller, crm], previous_response_id: first.id, input: [found] });
    expect(namesOf(world, 1)).toEqual(["tool_search", "find_customer"]);
    expect(world.model.seen[1]?.turn.items.at(-1)).toMatchObject({
      output: expect.stringContaining("- find_customer: Finds a customer by name."),
    });
  });
});
