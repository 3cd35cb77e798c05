import {
  echoTool,
  gate,
  type McpTestServer,
  startMcpServer,
  status,
  text,
  toolCalls,
  waitFor,
} from "@gateway/testkit";
import type OpenAI from "openai";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { doorNames } from "../doors.ts";
import type { KnowledgeDoors } from "../knowledge/knowledge-doors.ts";
import { sendJson } from "../knowledge/send-json.ts";
import { calling, offeredNames, shownOutputs } from "./calling-model.ts";
import { startMcpDoors } from "./mcp-doors.ts";

type Tool = OpenAI.Responses.Tool.Mcp;

describe.for(doorNames)("tools of MCP servers through %s", (door) => {
  let doors: KnowledgeDoors;
  let keyed: McpTestServer;
  const servers: McpTestServer[] = [];
  beforeAll(async () => {
    keyed = await startMcpServer({ authorization: "Bearer of-connector", tools: [echoTool("lookup")] });
    doors = await startMcpDoors({
      tools: {
        connectors: {
          handbook: { server_url: keyed.url, headers: { authorization: "Bearer of-connector" } },
        },
      },
    });
  });
  afterAll(async () => {
    await doors[Symbol.asyncDispose]();
    await keyed.stop();
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  const start = async (...args: Parameters<typeof startMcpServer>) => {
    const server = await startMcpServer(...args);
    servers.push(server);
    return server;
  };
  const toTool = (server: McpTestServer, more: Partial<Tool> = {}): Tool => ({
    type: "mcp",
    server_label: "docs",
    server_url: server.url,
    require_approval: "never",
    ...more,
  });

  test.for(["http", "json", "stateless", "sse", "modern"] as const)(
    "of the kind %s are listed and called, and the client reads the stream to its end",
    async (kind) => {
      const server = await start({ kind, tools: [echoTool("echo"), echoTool("other")] });
      const calls = [
        { name: "echo", arguments: { text: "one" } },
        { name: "other", arguments: { text: "two" } },
      ];
      doors.backend.setDefault(calling([calls], "Both have answered."));
      const stream = doors.client(door).responses.stream({
        model: "scripted",
        input: "hi",
        tools: [toTool(server)],
      });
      const types: string[] = [];
      for await (const event of stream) types.push(event.type);
      const response = await stream.finalResponse();
      expect(response.output).toMatchObject([
        { type: "mcp_list_tools", server_label: "docs", tools: [{ name: "echo" }, { name: "other" }] },
        {
          type: "mcp_call",
          name: "echo",
          status: "completed",
          arguments: '{"text":"one"}',
          output: 'echo: {"text":"one"}',
          error: null,
        },
        { type: "mcp_call", name: "other", output: 'other: {"text":"two"}' },
        { type: "message" },
      ]);
      expect(response.output_text).toBe("Both have answered.");
      const written = [
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
      ];
      expect(types.filter((type) => type.includes("mcp")).map((type) => type.slice(9))).toEqual([
        "mcp_list_tools.in_progress",
        "mcp_list_tools.completed",
        ...written,
        ...written,
        "mcp_call.completed",
        "mcp_call.completed",
      ]);
      expect(shownOutputs(doors.backend.requests.at(-1))).toEqual([
        'echo: {"text":"one"}',
        'other: {"text":"two"}',
      ]);
    },
  );

  test("are told of as it happens: the list before the model speaks, a call while it is written", async () => {
    const server = await start({ tools: [echoTool("echo")] });
    const [speaks, goesOn] = [gate(), gate()];
    const [call, ...rest] = toolCalls([{ name: "echo", arguments: { text: "one" } }]).slice(1);
    const beginning = [call ?? [], rest.shift() ?? []];
    doors.backend.setDefault(({ body }) =>
      (body.messages ?? []).some(({ role }) => role === "tool")
        ? text("Done.")
        : [status(200), speaks, ...beginning, goesOn, ...rest],
    );
    const created = await doors
      .client(door)
      .responses.create({ model: "scripted", input: "hi", tools: [toTool(server)], stream: true });
    const types: string[] = [];
    for await (const { type } of created) {
      types.push(type);
      // Each time the model goes on only when its caller has been told of what was before.
      if (type === "response.mcp_list_tools.completed") speaks.open();
      if (type === "response.mcp_call_arguments.delta") goesOn.open();
    }
    expect(types.at(-1)).toBe("response.completed");
    expect(server.journal.calls).toMatchObject([{ args: { text: "one" } }]);
  });

  test("are approved of in a second request", async () => {
    const server = await start({ tools: [echoTool("write")] });
    doors.backend.setDefault(calling([[{ name: "write", arguments: { text: "x" } }]], "Written."));
    const client = doors.client(door);
    const tools = [toTool(server, { require_approval: "always", authorization: "sesame" })];
    const asked = await client.responses.create({ model: "scripted", input: "Write x", tools });
    const request = asked.output.find(({ type }) => type === "mcp_approval_request");
    expect([asked.status, request]).toMatchObject([
      "completed",
      { name: "write", arguments: '{"text":"x"}' },
    ]);
    expect(server.journal.calls).toEqual([]);

    const approved = await client.responses.create({
      model: "scripted",
      previous_response_id: asked.id,
      input: [{ type: "mcp_approval_response", approval_request_id: request?.id ?? "", approve: true }],
      tools,
    });
    expect(approved.output).toMatchObject([
      { type: "mcp_call", output: 'write: {"text":"x"}', approval_request_id: request?.id },
      { type: "message" },
    ]);
    expect(approved.output_text).toBe("Written.");
    expect(server.journal.calls).toHaveLength(1);
    expect(server.journal.requests.every(({ headers }) => headers.authorization === "Bearer sesame")).toBe(
      true,
    );

    const items = await client.responses.inputItems.list(approved.id, { order: "asc" });
    expect(items.data.map(({ type }) => type)).toEqual([
      "message",
      "mcp_list_tools",
      "mcp_approval_request",
      "mcp_approval_response",
    ]);
    const again = client.responses.create({
      model: "scripted",
      previous_response_id: approved.id,
      input: [{ type: "mcp_approval_response", approval_request_id: request?.id ?? "", approve: true }],
      tools,
    });
    await expect(again).rejects.toMatchObject({ status: 422, param: "input[0].approval_request_id" });
  });

  test("are denied in a second request, in a conversation", async () => {
    const server = await start({ tools: [echoTool("write")] });
    const call = { name: "write", arguments: { text: "x" } };
    doors.backend.setDefault(calling([[call]], "As you wish."));
    const client = doors.client(door);
    const { id: conversation } = await client.conversations.create();
    const tools = [toTool(server, { require_approval: "always" })];
    const asked = await client.responses.create({ model: "scripted", input: "Write", tools, conversation });
    const request = asked.output.find(({ type }) => type === "mcp_approval_request");
    const denied = await client.responses.create({
      model: "scripted",
      conversation,
      input: [
        {
          type: "mcp_approval_response",
          approval_request_id: request?.id ?? "",
          approve: false,
          reason: "Not today.",
        },
      ],
      tools,
    });
    expect(denied.output.map(({ type }) => type)).toEqual(["message"]);
    expect(shownOutputs(doors.backend.requests.at(-1))).toEqual([expect.stringContaining("Not today.")]);
    expect(server.journal).toMatchObject({ calls: [], lists: 1 });
  });

  test("of connectors are reached with the headers of these", async () => {
    doors.backend.setDefault(calling([[{ name: "lookup", arguments: { text: "x" } }]], "Found."));
    const tool = {
      type: "mcp",
      server_label: "book",
      connector_id: "handbook",
      require_approval: "never",
    } as unknown as Tool;
    const response = await doors
      .client(door)
      .responses.create({ model: "scripted", input: "hi", tools: [tool] });
    expect(response.output[1]).toMatchObject({ type: "mcp_call", server_label: "book", status: "completed" });

    const own = await start({ authorization: "Bearer mine", tools: [echoTool("lookup")] });
    const made = await sendJson<{ id: string }>(doors.url(door), "POST", "/connectors", {
      connector_id: `mine-${door}`,
      name: "Mine",
      server_url: own.url,
      headers: { authorization: "Bearer mine" },
    });
    expect(made.status).toBe(200);
    const mine = { ...tool, connector_id: made.body.id as never };
    const second = await doors
      .client(door)
      .responses.create({ model: "scripted", input: "hi", tools: [mine] });
    expect(second.output[1]).toMatchObject({ type: "mcp_call", status: "completed" });

    const unknown = { ...tool, connector_id: "nowhere" as never };
    await expect(
      doors.client(door).responses.create({ model: "scripted", input: "hi", tools: [unknown] }),
    ).rejects.toMatchObject({ status: 404, param: "tools[0].connector_id" });
  });

  test.for([true, false])("that cannot be listed are a 424, streamed or not (%s)", async (stream) => {
    const server = await start({ authorization: "Bearer other" });
    const create = doors.client(door).responses.create({
      model: "scripted",
      input: "hi",
      tools: [toTool(server, { authorization: "hunter2-wrong" })],
      stream,
    });
    await expect(create).rejects.toMatchObject({
      status: 424,
      type: "external_connector_error",
      code: "http_error",
      param: "tools",
      message: expect.stringContaining("'docs'. The server answered with HTTP status 401."),
    });
  });

  test("of the same name are told apart, and a choice names one server", async () => {
    const [one, two] = [
      await start({ tools: [echoTool("search")] }),
      await start({ tools: [echoTool("search")] }),
    ];
    doors.backend.setDefault(calling([[{ name: "two__search", arguments: { text: "x" } }]], "Found."));
    const tools = [toTool(one, { server_label: "one" }), toTool(two, { server_label: "two" })];
    const client = doors.client(door);
    const response = await client.responses.create({ model: "scripted", input: "hi", tools });
    expect(offeredNames(doors.backend.requests.at(-1))).toEqual(["one__search", "two__search"]);
    expect(response.output[2]).toMatchObject({ type: "mcp_call", server_label: "two", name: "search" });
    expect([one.journal.calls.length, two.journal.calls.length]).toEqual([0, 1]);

    await client.responses.create({
      model: "scripted",
      input: "hi",
      tools,
      tool_choice: { type: "mcp", server_label: "two" },
    });
    const offers = doors.backend.requests.map(offeredNames);
    expect(offers.at(-2)).toEqual(["two__search"]);
  });

  test("that fail, take long or die leave the response whole", async () => {
    const fails = echoTool("fails", {
      run: () => ({ isError: true, content: [{ type: "text", text: "no such city" }] }),
    });
    const server: McpTestServer = await start({
      tools: [
        fails,
        echoTool("dies", {
          run: () => {
            setImmediate(() => server.cutConnections());
            return new Promise(() => {});
          },
        }),
      ],
    });
    const calls = ["fails", "dies"].map((name) => [{ name, arguments: {} }]);
    doors.backend.setDefault(calling(calls, "Neither worked."));
    const response = await doors.client(door).responses.create({
      model: "scripted",
      input: "hi",
      tools: [toTool(server)],
    });
    expect(response).toMatchObject({
      status: "completed",
      output_text: "Neither worked.",
      output: [
        { type: "mcp_list_tools" },
        {
          status: "failed",
          error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: "no such city" }] },
        },
        { status: "failed", error: { type: "http_error", code: 0 } },
        { type: "message" },
      ],
    });
  });

  test("are told when the caller leaves, each of its calls, and the calls are closed", async () => {
    const server = await start({ tools: [echoTool("stuck", { run: () => new Promise(() => {}) })] });
    const stuck = { name: "stuck", arguments: {} };
    doors.backend.setDefault(calling([[stuck, stuck]], "never"));
    const leave = new AbortController();
    const created = doors
      .client(door)
      .responses.create(
        { model: "scripted", input: "hi", tools: [toTool(server)], stream: true },
        { signal: leave.signal },
      );
    let id = "";
    let written = 0;
    for await (const event of await created) {
      if (event.type === "response.created") id = event.response.id;
      if (event.type !== "response.mcp_call_arguments.done" || ++written < 2) continue;
      await waitFor(() => server.journal.calls.length === 2, { what: "the calls" });
      leave.abort();
      break;
    }
    await waitFor(() => server.journal.calls.every(({ cancelled }) => cancelled), {
      what: "the server to hear of it",
    });
    const stored = await waitFor(
      async () => {
        const { body } = await sendJson<{ status: string }>(doors.url(door), "GET", `/responses/${id}`);
        return body.status === "cancelled" ? body : undefined;
      },
      { what: "the response to be cancelled" },
    );
    expect(stored).toMatchObject({
      output: [
        { type: "mcp_list_tools" },
        { type: "mcp_call", status: "incomplete" },
        { type: "mcp_call", status: "incomplete" },
      ],
    });
  });

  test("are counted in metrics and named in the log, without arguments", async () => {
    const server = await start({ tools: [echoTool("echo")] });
    doors.backend.setDefault(calling([[{ name: "echo", arguments: { text: "private words" } }]], "Done."));
    await doors.client(door).responses.create({ model: "scripted", input: "hi", tools: [toTool(server)] });
    const lines = await doors.gateway.settledLogs();
    const line = lines.findLast(({ msg, tool }) => msg === "mcp tools/call" && tool === "echo");
    expect(line).toMatchObject({ level: "info", server_label: "docs", request_id: expect.any(String) });
    expect(JSON.stringify(lines)).not.toContain("private words");
    const metrics = await (await fetch(`${doors.gateway.http}/metrics`)).text();
    expect(metrics).toMatch(/mcp_client_operation_duration_count\{mcp_method_name="tools\/call"\} [1-9]/);
  });
});

test("a server on a private network is not asked where that is not allowed", async () => {
  await using server = await startMcpServer();
  await using doors = await startMcpDoors({ tools: { allow_private_networks: false } });
  for (const url of [
    server.url,
    server.url.replace("127.0.0.1", "localhost"),
    "http://169.254.169.254/mcp",
  ]) {
    const tool = { type: "mcp" as const, server_label: "docs", server_url: url };
    await expect(
      doors.client("http").responses.create({ model: "scripted", input: "hi", tools: [tool] }),
    ).rejects.toMatchObject({ status: 424, message: expect.stringContaining("private network") });
  }
  expect(server.journal.requests).toEqual([]);
});
