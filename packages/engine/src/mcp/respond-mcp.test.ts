import type { ResponseEvent } from "@gateway/protocol";
import { checkStream } from "@gateway/protocol/grammar";
import { describe, expect, test } from "vitest";
import type { ModelDelta } from "../model-delta.ts";
import { tellResponse } from "../tell-response.ts";
import { drain, EngineWorld, say } from "../testing/engine-world.ts";
import { fakeTool } from "../testing/fake-mcp.ts";
import { accumulateWithClient, readWithClient } from "../testing/read-with-client.ts";
import type { Script } from "../testing/scripted-model.ts";
import { McpListError } from "./mcp-client.ts";

const url = "https://docs.example.com/mcp";
const docs = { type: "mcp", server_label: "docs", server_url: url, require_approval: "never" };

function worldWith(...scripts: Script[]): EngineWorld {
  const world = new EngineWorld(...scripts);
  world.mcp.servers.set(url, [fakeTool("search"), fakeTool("read", undefined, true)]);
  return world;
}

/** A turn of calls, by name and arguments. */
function calls(...made: [string, unknown][]): Script {
  const deltas = made.flatMap(([name, args], key): ModelDelta[] => [
    say.call(key, name),
    say.args(key, JSON.stringify(args)),
  ]);
  return [[...deltas, say.toolCalls, say.usage(10, 3)]];
}

const answer: Script = [[say.text("Done."), say.stop, say.usage(20, 5)]];

/** What the model was shown of calls in its turn: name, arguments and output. */
function shown(world: EngineWorld, turn: number): [string, string, string][] {
  const items = world.model.seen[turn]?.turn.items ?? [];
  return items.flatMap((item): [string, string, string][] => {
    if (item.type !== "function_call") return [];
    const output = items.find(
      (other) => other.type === "function_call_output" && other.call_id === item.call_id,
    );
    return [
      [item.name, item.arguments, output?.type === "function_call_output" ? String(output.output) : "none"],
    ];
  });
}

const offered = (world: EngineWorld, turn = 0) => world.model.seen[turn]?.turn.tools.map(({ name }) => name);
const typesOf = (events: readonly ResponseEvent[]) => events.map(({ type }) => type.replace("response.", ""));

describe("the tools of an MCP server", () => {
  test("are listed before the model is asked, and told of", async () => {
    const world = worldWith(answer);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(typesOf(events).slice(0, 7)).toEqual([
      "created",
      "in_progress",
      "output_item.added",
      "mcp_list_tools.in_progress",
      "mcp_list_tools.completed",
      "output_item.done",
      "output_item.added",
    ]);
    const read = await readWithClient(events, true);
    expect(read.output).toMatchObject([
      {
        type: "mcp_list_tools",
        id: expect.stringMatching(/^mcpl_/),
        server_label: "docs",
        tools: [
          {
            name: "search",
            description: "Does search.",
            input_schema: { type: "object" },
            annotations: { read_only: false },
          },
          { name: "read", annotations: { read_only: true } },
        ],
      },
      { type: "message" },
    ]);
    const told = events.flatMap((event) => ("item" in event ? [event.item] : []));
    // The API has no error in a list that is well, and strict clients refuse one that is null.
    const lists = [...told, ...read.output].filter(({ type }) => type === "mcp_list_tools");
    expect(lists.map((list) => "error" in list)).toEqual([false, false, false]);
    expect(offered(world)).toEqual(["search", "read"]);
    expect(world.uses).toMatchObject([{ operation: "tools/list", server: "docs" }]);
  });

  test("are told of before the model has said anything", async () => {
    const speaks = Promise.withResolvers<void>();
    const world = worldWith([speaks.promise, [say.text("Done."), say.stop]]);
    const told: string[] = [];
    for await (const batch of world.respond({ tools: [docs], stream: true })) {
      told.push(...typesOf(batch));
      // It says its first word when the caller has the list.
      if (told.at(-1) === "output_item.done") speaks.resolve();
    }
    expect(told.indexOf("mcp_list_tools.completed")).toBeLessThan(told.indexOf("output_text.delta"));
  });

  test("are run between two turns, at the same time", async () => {
    const world = worldWith(calls(["search", { q: "cats" }], ["read", { q: "dogs" }]), answer);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    const last = events.at(-1);
    expect(last).toMatchObject({
      type: "response.completed",
      response: {
        output: [
          { type: "mcp_list_tools" },
          {
            type: "mcp_call",
            id: expect.stringMatching(/^mcp_/),
            status: "completed",
            server_label: "docs",
            name: "search",
            arguments: '{"q":"cats"}',
            output: 'search {"q":"cats"}',
            error: null,
            approval_request_id: null,
          },
          { type: "mcp_call", name: "read", output: 'read {"q":"dogs"}' },
          { type: "message" },
        ],
        usage: { input_tokens: 30, output_tokens: 8 },
      },
    });
    expect(shown(world, 1)).toEqual([
      ["search", '{"q":"cats"}', 'search {"q":"cats"}'],
      ["read", '{"q":"dogs"}', 'read {"q":"dogs"}'],
    ]);
    expect((await readWithClient(events, false)).output).toHaveLength(4);
    expect(accumulateWithClient(events).output).toHaveLength(4);
  });

  test("that fail are told to the caller and to the model, which may go on", async () => {
    const world = worldWith(calls(["fails", {}], ["breaks", {}], ["gone", {}]), answer);
    const content = [{ type: "text", text: "no such city" }];
    world.mcp.servers.set(url, [
      fakeTool("fails", () => ({ error: { type: "mcp_tool_execution_error", content } })),
      fakeTool("breaks", () => ({ error: { type: "mcp_protocol_error", code: -32_603, message: "oh" } })),
      fakeTool("gone", () => ({ error: { type: "http_error", code: 503, message: "busy" } })),
    ]);
    const events = await drain(world.respond({ tools: [docs], stream: true }));
    expect(typesOf(events).filter((type) => type === "mcp_call.failed")).toHaveLength(3);
    const read = await readWithClient(events, true);
    expect(read.output.slice(1, 4)).toMatchObject([
      { status: "failed", output: null, error: { type: "mcp_tool_execution_error", content } },
      { status: "failed", error: { type: "mcp_protocol_error", code: -32_603, message: "oh" } },
      { status: "failed", error: { type: "http_error", code: 503, message: "busy" } },
    ]);
    expect(read.status).toBe("completed");
    expect(shown(world, 1).map(([, , output]) => output)).toEqual([
      "The tool failed: no such city",
      "The call failed: oh",
      "The call failed: busy",
    ]);
    expect(world.uses.map(({ fault }) => fault)).toEqual([
      undefined,
      "mcp_tool_execution_error",
      "mcp_protocol_error",
      "http_error",
    ]);
  });

  test("are not called with arguments that are no object; the model is told", async () => {
    const world = worldWith(
      [[say.call(0, "search"), say.args(0, "7"), say.call(1, "read"), say.args(1, "[1]"), say.toolCalls]],
      answer,
    );
    await world.run({ tools: [docs] });
    expect(world.mcp.called).toEqual([]);
    const reason = "The call failed: The arguments have to be a JSON object.";
    expect(shown(world, 1)).toEqual([
      ["search", "7", reason],
      ["read", "[1]", reason],
    ]);
  });

  test("of the same name, of two servers or of a function, are told apart", async () => {
    const world = worldWith(calls(["docs__search", { q: 1 }], ["wiki__search", { q: 2 }]), answer);
    world.mcp.servers.set("https://wiki.example.com/", [fakeTool("search"), fakeTool("lookup")]);
    const wiki = { ...docs, server_label: "wiki", server_url: "https://wiki.example.com/" };
    const own = { type: "function", name: "lookup", parameters: { type: "object" } };
    const { output } = await world.run({ tools: [docs, wiki, own] });
    expect(offered(world)?.toSorted()).toEqual([
      "docs__search",
      "lookup",
      "read",
      "wiki__lookup",
      "wiki__search",
    ]);
    expect(output.filter(({ type }) => type === "mcp_call")).toMatchObject([
      { server_label: "docs", name: "search" },
      { server_label: "wiki", name: "search" },
    ]);
    expect(world.mcp.called.map(({ server }) => server.url)).toEqual([url, "https://wiki.example.com/"]);
    expect(shown(world, 1).map(([name]) => name)).toEqual(["docs__search", "wiki__search"]);
  });

  test("have the schema that their server gave them, references and all", async () => {
    const world = worldWith(answer);
    const input_schema = {
      type: "object",
      properties: { tree: { $ref: "#/$defs/node" } },
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
    };
    const { listed, answer: gives } = fakeTool("deep");
    world.mcp.servers.set(url, [{ listed: { ...listed, input_schema }, answer: gives }]);
    const { output } = await world.run({ tools: [docs] });
    expect(world.model.seen[0]?.turn.tools).toMatchObject([{ name: "deep", parameters: input_schema }]);
    expect(output[0]).toMatchObject({ tools: [{ input_schema }] });
  });

  test("say what server they belong to", async () => {
    const world = worldWith(answer);
    await world.run({ tools: [{ ...docs, server_description: "The handbook." }] });
    expect(world.model.seen[0]?.turn.tools[0]?.description).toBe(
      "Does search.\n\nBelongs to the server 'docs': The handbook.",
    );
  });

  test("are limited to those that are allowed, in the list, too", async () => {
    const world = worldWith(answer, answer);
    const first = await world.run({ tools: [{ ...docs, allowed_tools: ["search"] }] });
    expect([offered(world), first.output[0]]).toMatchObject([["search"], { tools: [{ name: "search" }] }]);
    const second = await world.run({ tools: [{ ...docs, allowed_tools: { read_only: true } }] });
    expect([offered(world, 1), second.output[0]]).toMatchObject([["read"], { tools: [{ name: "read" }] }]);
  });

  test("are counted against max_tool_calls", async () => {
    const world = worldWith(calls(["search", {}], ["read", {}]), answer);
    await world.run({ tools: [docs], max_tool_calls: 1 });
    expect(world.mcp.called).toHaveLength(1);
    expect(shown(world, 1)[1]?.[2]).toContain("no further tool calls");
    expect(offered(world, 1)).toEqual([]);
  });

  test("are closed as incomplete when the response is aborted, and the server is told", async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const world = worldWith(calls(["stuck", { q: 1 }], ["stuck", { q: 2 }]));
    world.mcp.servers.set(url, [
      fakeTool("stuck", (_args, signal) => {
        begun.resolve(signal);
        return new Promise(() => {});
      }),
    ]);
    const events: ResponseEvent[] = [];
    const reading = (async () => {
      for await (const batch of world.respond({ tools: [docs], stream: true })) events.push(...batch);
    })();
    const signal = await begun.promise;
    world.abort.abort();
    await reading;
    expect(signal.aborted).toBe(true);
    const stored = world.stored();
    expect(stored.status).toBe("cancelled");
    expect(stored.output).toMatchObject([
      { type: "mcp_list_tools" },
      { type: "mcp_call", status: "incomplete", arguments: '{"q":1}', output: null, error: null },
      { type: "mcp_call", status: "incomplete", arguments: '{"q":2}', output: null, error: null },
    ]);
    expect(world.uses.map(({ fault }) => fault)).toEqual([undefined, "aborted", "aborted"]);
  });
});

describe("a list of tools that cannot be had", () => {
  test("is a 424 before the response begins, and nothing is stored", async () => {
    const world = worldWith();
    world.mcp.servers.set(url, new McpListError("The server answered with HTTP status 401."));
    await expect(world.respond({ tools: [docs], stream: true }).next()).rejects.toMatchObject({
      status: 424,
      type: "external_connector_error",
      code: "http_error",
      param: "tools",
      message:
        "Error retrieving tool list from MCP server: 'docs'. The server answered with HTTP status 401.",
    });
    expect([world.model.seen.length, world.responses.all().length]).toEqual([0, 0]);
    expect(world.uses).toMatchObject([{ operation: "tools/list", fault: "http_error" }]);
  });

  test("tells nothing of the inside", async () => {
    const world = worldWith();
    world.mcp.servers.set(url, new Error("connect ECONNREFUSED 10.0.0.7:443"));
    const error = await world
      .respond({ tools: [docs] })
      .next()
      .catch((thrown: Error) => thrown.message);
    expect(error).toBe("Error retrieving tool list from MCP server: 'docs'. The server could not be asked.");
  });
});

describe("a list of tools that is in the context", () => {
  test("is used and not asked for again, from the history or from the input", async () => {
    const world = worldWith(answer, calls(["search", {}]), answer, answer);
    const { id, output } = await world.run({ tools: [docs] });
    const next = await world.run({ tools: [docs], previous_response_id: id });
    expect(world.mcp.listed).toHaveLength(1);
    expect(next.output.map(({ type }) => type)).toEqual(["mcp_call", "message"]);
    await world.run({ tools: [docs], store: false, input: [...output, { role: "user", content: "hi" }] });
    expect(world.mcp.listed).toHaveLength(1);
    expect(offered(world, 3)).toEqual(["search", "read"]);
  });

  test("is asked for again where a tool that is counted on is not in it", async () => {
    const world = worldWith(answer, answer, calls(["search", {}]), answer);
    const { id } = await world.run({ tools: [{ ...docs, allowed_tools: ["search"] }] });
    world.mcp.servers.set(url, [fakeTool("search"), fakeTool("new")]);
    const next = await world.run({ tools: [{ ...docs, allowed_tools: ["new"] }], previous_response_id: id });
    expect([world.mcp.listed.length, next.output[0]]).toMatchObject([2, { tools: [{ name: "new" }] }]);
    const choice = { type: "mcp", server_label: "docs", name: "search" };
    const chosen = await world.run({ tools: [docs], tool_choice: choice, previous_response_id: next.id });
    expect([world.mcp.listed.length, chosen.output.map(({ type }) => type)]).toEqual([
      3,
      ["mcp_list_tools", "mcp_call", "message"],
    ]);
  });

  test("of another label, or one that failed, is not used", async () => {
    const world = worldWith(answer);
    const lists = [
      { type: "mcp_list_tools", id: "mcpl_1", server_label: "wiki", tools: [] },
      { type: "mcp_list_tools", id: "mcpl_2", server_label: "docs", tools: [], error: "broken" },
    ];
    await world.run({ tools: [docs], input: [...lists, { role: "user", content: "hi" }] });
    expect(world.mcp.listed).toHaveLength(1);
  });
});

describe("what a choice of tools says of MCP servers", () => {
  test.for([
    [{ type: "mcp", server_label: "docs" }, ["search", "read"], "required"],
    [{ type: "mcp", server_label: "docs", name: "read" }, ["read"], { name: "read" }],
    [
      { type: "allowed_tools", mode: "auto", tools: [{ type: "mcp", server_label: "wiki" }] },
      ["lookup"],
      "auto",
    ],
    [
      {
        type: "allowed_tools",
        mode: "required",
        tools: [
          { type: "mcp", server_label: "docs", name: "search" },
          { type: "function", name: "own" },
        ],
      },
      ["own", "search"],
      "required",
    ],
    ["none", [], "none"],
  ] as const)("%j offers %j", async ([tool_choice, names, choice]) => {
    const world = worldWith(calls([names[0] ?? "none", {}]), answer);
    world.mcp.servers.set("https://wiki.example.com/", [fakeTool("lookup")]);
    const wiki = { ...docs, server_label: "wiki", server_url: "https://wiki.example.com/" };
    const own = { type: "function", name: "own", parameters: {} };
    await drain(world.respond({ tools: [docs, wiki, own], tool_choice }));
    expect([offered(world)?.toSorted(), world.model.seen[0]?.turn.toolChoice]).toEqual([
      [...names].sort(),
      choice,
    ]);
  });
});

test("a server that an item of the input declares is there from then on, without its keys", async () => {
  const world = worldWith(answer, calls(["search", {}]), answer, calls(["search", {}]), answer);
  const tool = { ...docs, authorization: "hunter2" };
  const input = [
    { type: "additional_tools", role: "developer", tools: [tool] },
    { role: "user", content: "hi" },
  ];
  const first = await world.run({ input });
  expect([offered(world), world.mcp.listed[0]?.server.headers]).toEqual([
    ["search", "read"],
    { authorization: "Bearer hunter2" },
  ]);
  const second = await world.run({ input: "go on", previous_response_id: first.id });
  expect([world.mcp.listed.length, world.mcp.called.at(-1)?.server.headers]).toEqual([1, {}]);
  // Said again it has them again.
  await world.run({ input: "go on", previous_response_id: second.id, tools: [tool] });
  expect(world.mcp.called.at(-1)?.server.headers).toEqual({ authorization: "Bearer hunter2" });
});

test("a server that the history of a caller's own context declares is said again with its keys", async () => {
  const world = worldWith(answer, calls(["search", {}]), answer);
  const tool = { ...docs, authorization: "hunter2" };
  const { output } = await world.run({ tools: [tool], store: false });
  const added = { type: "additional_tools", role: "developer", tools: [docs] };
  const input = [added, { role: "user", content: "hi" }, ...output, { role: "user", content: "go on" }];
  await world.run({ tools: [tool], input, store: false });
  expect(world.mcp.called).toMatchObject([{ server: { headers: { authorization: "Bearer hunter2" } } }]);
});

describe("how a server is reached", () => {
  const server = (world: EngineWorld) => world.mcp.listed[0]?.server;

  test("is by its URL, with the headers and the token that came along", async () => {
    const world = worldWith(answer);
    const secret = { headers: { "X-Team": "blue", Authorization: "old" }, authorization: "hunter2" };
    const response = await world.run({ tools: [{ ...docs, ...secret }] });
    expect(server(world)).toEqual({ url, headers: { "x-team": "blue", authorization: "Bearer hunter2" } });
    for (const told of [response, world.stored(), world.faults, world.uses])
      expect(JSON.stringify(told)).not.toMatch(/hunter2|blue/);
  });

  test("is by a connector, whose headers the request's own come before", async () => {
    const world = worldWith(answer);
    world.mcp.registered.set("handbook", {
      connector: { id: "handbook", object: "connector", name: "Handbook", server_url: url, created_at: 0 },
      headers: { Authorization: "Bearer of-connector", "X-Team": "blue" },
    });
    const tool = {
      type: "mcp",
      server_label: "docs",
      connector_id: "handbook",
      headers: { "x-team": "red" },
    };
    const { tools } = await world.run({ tools: [tool] });
    expect(server(world)).toEqual({
      url,
      headers: { authorization: "Bearer of-connector", "x-team": "red" },
    });
    expect(tools[0]).not.toHaveProperty("server_url");
  });

  test("is a 404 where there is no such connector", async () => {
    const world = worldWith();
    const tool = { type: "mcp", server_label: "docs", connector_id: "nowhere" };
    await expect(world.respond({ tools: [tool] }).next()).rejects.toMatchObject({
      status: 404,
      param: "tools[0].connector_id",
    });
  });
});

test("a response with lists and calls that was not streamed is told the same way", async () => {
  const world = worldWith(calls(["search", { q: 1 }], ["fails", {}]), answer);
  world.mcp.servers.set(url, [
    fakeTool("search"),
    fakeTool("fails", () => ({ error: { type: "http_error", code: 500, message: "oh" } })),
  ]);
  const response = await world.run({ tools: [{ ...docs, allowed_tools: ["search", "fails"] }] });
  const events = tellResponse(world.stored());
  checkStream(events);
  expect((await readWithClient(events, true)).output).toMatchObject(response.output);
});
