import type { McpServer } from "@gateway/engine";
import {
  echoTool,
  type McpServerOptions,
  type McpTestServer,
  startMcpServer,
  waitFor,
} from "@gateway/testkit";
import { afterEach, describe, expect, test } from "vitest";
import { type McpConnections, openMcpConnections } from "./mcp-connections.ts";
import type { McpSettings } from "./settings.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]();
});

async function start(options: McpServerOptions = {}): Promise<McpTestServer> {
  const server = await startMcpServer(options);
  open.push(server);
  return server;
}

function connections(settings: Partial<McpSettings> = {}): McpConnections {
  const opened = openMcpConnections({ allowPrivate: true, connectTimeout: 3000, ...settings });
  open.push({ [Symbol.asyncDispose]: () => opened.close() });
  return opened;
}

const at = ({ url }: McpTestServer, headers: Record<string, string> = {}): McpServer => ({ url, headers });
const never = new AbortController().signal;
const kinds = ["http", "json", "stateless", "sse", "modern"] as const;

describe.for(kinds)("a server of the kind %s", (kind) => {
  test("lists its tools and carries calls out", async () => {
    const server = await start({
      kind,
      tools: [echoTool("echo", { annotations: { readOnlyHint: true } }), echoTool("other")],
    });
    const mcp = connections();
    expect(await mcp.listTools("acme", at(server), never)).toEqual([
      {
        name: "echo",
        description: "Repeats what it is told, as echo.",
        input_schema: { type: "object", properties: { text: { type: "string" } } },
        annotations: { read_only: true },
      },
      expect.objectContaining({ name: "other", annotations: { read_only: false } }),
    ]);
    const call = { name: "echo", args: { text: "hello" } };
    expect(await mcp.callTool("acme", at(server), call, never)).toEqual({ output: 'echo: {"text":"hello"}' });
    expect(server.journal.calls).toMatchObject([{ name: "echo", args: { text: "hello" } }]);
  });

  test("carries many calls out at once, each with its own answer", async () => {
    const server = await start({ kind });
    const mcp = connections();
    const texts = Array.from({ length: 40 }, (_, index) => `text ${index}`);
    const outcomes = await Promise.all(
      texts.map((text) => mcp.callTool("acme", at(server), { name: "echo", args: { text } }, never)),
    );
    expect(outcomes).toEqual(texts.map((text) => ({ output: `echo: ${JSON.stringify({ text })}` })));
    expect(mcp.sessions).toBe(1);
  });

  test("tells what its tools say of their own failures", async () => {
    const failing = echoTool("fails", {
      run: () => ({ isError: true, content: [{ type: "text", text: "no such city" }] }),
    });
    const server = await start({ kind, tools: [failing] });
    const outcome = await connections().callTool("acme", at(server), { name: "fails", args: {} }, never);
    expect(outcome).toEqual({
      error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: "no such city" }] },
    });
  });

  test("answers with errors of the protocol", async () => {
    const server = await start({ kind });
    const outcome = await connections().callTool("acme", at(server), { name: "missing", args: {} }, never);
    expect(outcome).toMatchObject({
      error: {
        type: "mcp_protocol_error",
        code: -32_602,
        message: expect.stringContaining("Tool missing not found"),
      },
    });
  });

  test("is told when a call is aborted, and goes on to serve others", async () => {
    const begun = Promise.withResolvers<void>();
    const stuck = echoTool("stuck", {
      run: (_args, { signal }) =>
        new Promise((resolve) => {
          begun.resolve();
          signal.addEventListener("abort", () => resolve("late"), { once: true });
        }),
    });
    const server = await start({ kind, tools: [stuck, echoTool("echo")] });
    const mcp = connections();
    const abort = new AbortController();
    const call = mcp.callTool("acme", at(server), { name: "stuck", args: {} }, abort.signal);
    await begun.promise;
    abort.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    await waitFor(() => server.journal.calls[0]?.cancelled === true, { what: "the server to hear of it" });
    expect(await mcp.callTool("acme", at(server), { name: "echo", args: {} }, never)).toEqual({
      output: "echo: {}",
    });
  });

  test("that wants a key is refused without it and serves with it", async () => {
    const server = await start({ kind, authorization: "Bearer sesame" });
    const mcp = connections();
    await expect(mcp.listTools("acme", at(server), never)).rejects.toThrow(
      "The server answered with HTTP status 401.",
    );
    expect(await mcp.callTool("acme", at(server), { name: "echo", args: {} }, never)).toEqual({
      error: { type: "http_error", code: 401, message: "The server answered with HTTP status 401." },
    });
    const keyed = at(server, { authorization: "Bearer sesame", "x-team": "blue" });
    expect(await mcp.listTools("acme", keyed, never)).toHaveLength(1);
    expect(await mcp.callTool("acme", keyed, { name: "echo", args: {} }, never)).toEqual({
      output: "echo: {}",
    });
    const served = server.journal.requests.filter(({ headers }) => headers.authorization === "Bearer sesame");
    expect(new Set(served.map(({ headers }) => headers["x-team"]))).toEqual(new Set(["blue"]));
  });

  test("is not reached once it has stopped", async () => {
    const server = await start({ kind });
    const mcp = connections();
    await mcp.listTools("acme", at(server), never);
    await server.stop();
    const outcome = await mcp.callTool("acme", at(server), { name: "echo", args: {} }, never);
    expect(outcome).toMatchObject({ error: { type: "http_error", code: 0 } });
    await expect(connections().listTools("acme", at(server), never)).rejects.toThrow("cannot be reached");
  });

  test("that dies during a call ends the call at once", async () => {
    const begun = Promise.withResolvers<void>();
    const stuck = echoTool("stuck", {
      run: () => {
        begun.resolve();
        return new Promise(() => {});
      },
    });
    const server = await start({ kind, tools: [stuck] });
    const mcp = connections({ callTimeout: 60_000 });
    const call = mcp.callTool("acme", at(server), { name: "stuck", args: {} }, never);
    await begun.promise;
    server.cutConnections();
    expect(await call).toEqual({
      error: { type: "http_error", code: 0, message: expect.stringMatching(/broke off|cannot be reached/) },
    });
  });

  test("that fails with a status is told with it", async () => {
    const server = await start({ kind });
    const mcp = connections();
    await mcp.listTools("acme", at(server), never);
    server.failWith(503);
    expect(await mcp.callTool("acme", at(server), { name: "echo", args: {} }, never)).toMatchObject({
      error: { type: "http_error", code: 503 },
    });
    await expect(connections().listTools("acme", at(server), never)).rejects.toThrow("HTTP status 503");
  });
});

// One without sessions has nowhere to say it.
test.for(["http", "json", "sse", "modern"] as const)(
  "a server of the kind %s says that its tools have changed, and is asked again",
  async (kind) => {
    const server = await start({ kind });
    const mcp = connections({ listTtl: 3_600_000 });
    const names = async () => (await mcp.listTools("acme", at(server), never)).map(({ name }) => name);
    expect(await names()).toEqual(["echo"]);
    expect(await names()).toEqual(["echo"]);
    expect(server.journal.lists).toBe(1);
    await waitFor(
      async () => {
        await server.setTools([echoTool("echo"), echoTool("new")]);
        return (await names()).includes("new");
      },
      { what: "the new tool" },
    );
    expect(await names()).toEqual(["echo", "new"]);
  },
);

test("a session that the server has forgotten is begun anew, and the call is carried out once", async () => {
  for (const kind of ["http", "json"] as const) {
    const server = await start({ kind });
    const mcp = connections();
    await mcp.listTools("acme", at(server), never);
    server.forgetSessions();
    const outcome = await mcp.callTool("acme", at(server), { name: "echo", args: { n: 1 } }, never);
    expect(outcome).toEqual({ output: 'echo: {"n":1}' });
    expect(server.journal.calls).toHaveLength(1);
    expect(server.journal.begun).toBe(2);
  }
});

test("a list of many pages is read to its end", async () => {
  const tools = Array.from({ length: 25 }, (_, index) => echoTool(`tool_${index}`));
  const server = await start({ tools, pageSize: 10 });
  expect(await connections().listTools("acme", at(server), never)).toHaveLength(25);
  expect(server.journal.lists).toBe(3);
});

test("a list of more tools than can be offered is refused, not cut", async () => {
  const tools = Array.from({ length: 2001 }, (_, index) => echoTool(`tool_${index}`));
  const server = await start({ tools });
  await expect(connections().listTools("acme", at(server), never)).rejects.toThrow("lists 2001 tools");
});

test("a call that reports progress may take longer than one that is silent, up to the limit of all", async () => {
  const reports = echoTool("reports", {
    async run(_args, { progress }) {
      for (let done = 0; done < 10; done++) {
        await progress(done, 10);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return "done";
    },
  });
  const silent = echoTool("silent", { run: () => new Promise(() => {}) });
  const endless = echoTool("endless", {
    async run(_args, { progress, signal }) {
      for (let done = 0; !signal.aborted; done++) {
        await progress(done);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return "stopped";
    },
  });
  const late = {
    error: { type: "mcp_protocol_error", code: -32_001, message: "The server took too long to answer." },
  };
  const mcp = connections({ callTimeout: 700, callLimit: 2500 });
  // A server that answers in one piece has nowhere to report it.
  const reporting = kinds.filter((kind) => kind !== "json");
  const servers = await Promise.all(
    reporting.map((kind) => start({ kind, tools: [reports, silent, endless] })),
  );
  const names = ["reports", "silent", "endless"];
  const outcomes = await Promise.all(
    servers.map((server) =>
      Promise.all(names.map((name) => mcp.callTool("acme", at(server), { name, args: {} }, never))),
    ),
  );
  expect(outcomes).toEqual(servers.map(() => [{ output: "done" }, late, late]));
  const heard = ({ journal }: McpTestServer) =>
    journal.calls.filter(({ name, cancelled }) => name !== "reports" && cancelled);
  await waitFor(() => servers.every((server) => heard(server).length === 2), {
    what: "the servers to hear of the end of both",
  });
});

test.for(kinds)(
  "every call under way is cancelled at a server of the kind %s, and no other",
  async (kind) => {
    const goesOn = Promise.withResolvers<string>();
    const waits = { run: () => goesOn.promise };
    const server = await start({ kind, tools: [echoTool("mine", waits), echoTool("other", waits)] });
    const mcp = connections({ callTimeout: 60_000 });
    await mcp.listTools("acme", at(server), never);
    const abort = new AbortController();
    const mine = [1, 2, 3].map((n) =>
      mcp.callTool("acme", at(server), { name: "mine", args: { n } }, abort.signal),
    );
    const other = mcp.callTool("acme", at(server), { name: "other", args: {} }, never);
    await waitFor(() => server.journal.calls.length === 4, { what: "all calls" });
    abort.abort(new Error("left"));
    for (const call of mine) await expect(call).rejects.toThrow("left");
    const cancelled = () =>
      server.journal.calls.filter((seen) => seen.cancelled && !seen.done).map(({ name }) => name);
    await waitFor(() => cancelled().length === 3, { what: "the server to hear of it" });
    expect(cancelled()).toEqual(["mine", "mine", "mine"]);
    goesOn.resolve("done");
    expect(await other).toEqual({ output: "done" });
    expect(server.journal.calls.find(({ name }) => name === "other")?.done).toBe(true);
  },
);

describe("what a tool gives", () => {
  const data = Buffer.from("picture").toString("base64");
  const cases: [what: string, given: Record<string, unknown>, outcome: object][] = [
    ["nothing", { content: [] }, { output: "" }],
    [
      "a picture",
      { content: [{ type: "image", mimeType: "image/png", data }] },
      { output: "[image: image/png, 7 bytes]" },
    ],
    [
      "a link to a resource",
      { content: [{ type: "resource_link", uri: "file:///a.txt", name: "a.txt" }] },
      { output: "[link to a.txt, file:///a.txt]" },
    ],
    [
      "a resource",
      { content: [{ type: "resource", resource: { uri: "file:///a.txt", text: "words" } }] },
      { output: "[resource file:///a.txt]\nwords" },
    ],
    [
      "structured content that its text repeats",
      { content: [{ type: "text", text: "7 degrees" }], structuredContent: { degrees: 7 } },
      { output: "7 degrees" },
    ],
    [
      "structured content alone",
      { content: [], structuredContent: { degrees: 7 } },
      { output: '{"degrees":7}' },
    ],
    [
      "structured content of another form than it said",
      { content: [], structuredContent: { other: true } },
      { output: '{"other":true}' },
    ],
    [
      "an error with a picture",
      {
        isError: true,
        content: [
          { type: "text", text: "no" },
          { type: "image", mimeType: "image/png", data },
        ],
      },
      {
        error: {
          type: "mcp_tool_execution_error",
          content: [
            { type: "text", text: "no" },
            { type: "text", text: "[image: image/png, 7 bytes]" },
          ],
        },
      },
    ],
    [
      "3 MB of text",
      { content: [{ type: "text", text: "x".repeat(3_000_000) }] },
      { output: `${"x".repeat(1000)}\n[Cut off: 1000 of 3000000 characters.]` },
    ],
  ];
  const outputSchema = { type: "object", properties: { degrees: { type: "number" } }, required: ["degrees"] };

  test.for(kinds.flatMap((kind) => cases.map(([what, given, outcome]) => ({ kind, what, given, outcome }))))(
    "is told as text: $what, of a server of the kind $kind",
    async ({ kind, given, outcome }) => {
      const tools = [echoTool("gives", { run: () => given, outputSchema })];
      const server = await start({ kind, tools });
      const mcp = connections({ maxOutput: 1000 });
      await mcp.listTools("acme", at(server), never);
      const call = { name: "gives", args: {} };
      expect(await mcp.callTool("acme", at(server), call, never)).toEqual(outcome);
    },
  );
});

test.for(kinds)(
  "a schema is passed on as the server of the kind %s has it, references and all",
  async (kind) => {
    const big = {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { tree: { $ref: "#/$defs/node" }, more: { $ref: "https://example.com/schema.json" } },
      $defs: {
        node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } },
        ...Object.fromEntries(
          Array.from({ length: 5000 }, (_, n) => [`kind_${n}`, { type: "string", enum: ["a".repeat(50)] }]),
        ),
      },
    };
    const server = await start({ kind, tools: [echoTool("deep", { inputSchema: big })] });
    const mcp = connections();
    const [listed] = await mcp.listTools("acme", at(server), never);
    expect(listed?.input_schema).toEqual(big);
    const call = { name: "deep", args: { tree: { next: {} } } };
    expect(await mcp.callTool("acme", at(server), call, never)).toEqual({
      output: 'deep: {"tree":{"next":{}}}',
    });
  },
);
