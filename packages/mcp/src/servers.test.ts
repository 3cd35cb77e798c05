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
        annotations: { readOnlyHint: true },
      },
      expect.objectContaining({ name: "other", annotations: null }),
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
    async run(_args, { progress, signal }) {
      for (let done = 0; done < 100 && !signal.aborted; done++) {
        await progress(done, 100);
        await new Promise((resolve) => setTimeout(resolve, 40));
        if (done === 10) return "done";
      }
      return "never";
    },
  });
  const silent = echoTool("silent", { run: () => new Promise(() => {}) });
  const endless = echoTool("endless", {
    async run(_args, { progress, signal }) {
      for (let done = 0; !signal.aborted; done++) {
        await progress(done);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return "stopped";
    },
  });
  const server = await start({ tools: [reports, silent, endless] });
  const mcp = connections({ callTimeout: 200, callLimit: 1500 });
  const call = (name: string) => mcp.callTool("acme", at(server), { name, args: {} }, never);
  const late = {
    error: { type: "mcp_protocol_error", code: -32_001, message: "The server took too long to answer." },
  };
  expect(await Promise.all([call("reports"), call("silent"), call("endless")])).toEqual([
    { output: "done" },
    late,
    late,
  ]);
  await waitFor(() => server.journal.calls.find(({ name }) => name === "silent")?.cancelled === true, {
    what: "the server to hear of it",
  });
});
