import { setTimeout as pause } from "node:timers/promises";
import type { McpServer } from "@gateway/engine";
import { echoTool, type McpTestServer, startMcpServer, waitFor } from "@gateway/testkit";
import { afterEach, expect, test } from "vitest";
import { type McpConnections, openMcpConnections } from "./mcp-connections.ts";
import type { McpSettings } from "./settings.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]();
});

async function start(...args: Parameters<typeof startMcpServer>): Promise<McpTestServer> {
  const server = await startMcpServer(...args);
  open.push(server);
  return server;
}

function connections(settings: Partial<McpSettings> = {}): McpConnections {
  const opened = openMcpConnections({ allowPrivate: true, ...settings });
  open.push({ [Symbol.asyncDispose]: () => opened.close() });
  return opened;
}

const at = ({ url }: McpTestServer, headers: Record<string, string> = {}): McpServer => ({ url, headers });
const never = new AbortController().signal;
const echo = { name: "echo", args: {} };

test("a session serves one tenant with one set of headers", async () => {
  const server = await start();
  const mcp = connections();
  await mcp.callTool("acme", at(server, { authorization: "a" }), echo, never);
  await mcp.callTool("acme", at(server, { authorization: "a" }), echo, never);
  expect([mcp.sessions, server.journal.begun]).toEqual([1, 1]);
  await mcp.callTool("acme", at(server, { authorization: "b" }), echo, never);
  await mcp.callTool("other", at(server, { authorization: "a" }), echo, never);
  expect([mcp.sessions, server.journal.begun]).toEqual([3, 3]);
  // The keys of both tenants came only with their own requests.
  const keys = server.journal.requests.map(({ headers }) => headers.authorization);
  expect(new Set(keys)).toEqual(new Set(["a", "b"]));
});

test("a session that nobody uses is closed after a while, and the server is told", async () => {
  const server = await start();
  const mcp = connections({ idleTimeout: 50 });
  await mcp.callTool("acme", at(server), echo, never);
  await waitFor(() => mcp.sessions === 0 && server.journal.ended === 1, { what: "the goodbye" });
  await mcp.callTool("acme", at(server), echo, never);
  expect(server.journal.begun).toBe(2);
});

test("a session in use is not idle", async () => {
  const slow = echoTool("slow", {
    async run() {
      await pause(200);
      return "done";
    },
  });
  const server = await start({ tools: [slow] });
  const mcp = connections({ idleTimeout: 20 });
  const call = { name: "slow", args: {} };
  expect(await mcp.callTool("acme", at(server), call, never)).toEqual({ output: "done" });
  expect(server.journal.begun).toBe(1);
});

test("of more idle sessions than may be kept the one that was used longest ago is closed", async () => {
  const servers = [await start(), await start(), await start()];
  const mcp = connections({ maxIdleSessions: 2 });
  for (const server of servers) await mcp.callTool("acme", at(server), echo, never);
  await waitFor(() => servers[0]?.journal.ended === 1, { what: "the goodbye" });
  expect([mcp.sessions, servers[1]?.journal.ended, servers[2]?.journal.ended]).toEqual([2, 0, 0]);
});

test("all sessions are closed at the end, and no new one is opened", async () => {
  const servers = [await start(), await start({ kind: "sse" })];
  const mcp = connections();
  for (const server of servers) await mcp.callTool("acme", at(server), echo, never);
  await mcp.close();
  await waitFor(() => servers.every(({ journal }) => journal.ended === 1), { what: "the goodbyes" });
  const [server] = servers as [McpTestServer];
  expect(await mcp.callTool("acme", at(server), echo, never)).toMatchObject({
    error: { type: "http_error" },
  });
  await expect(mcp.listTools("acme", at(server), never)).rejects.toThrow("broke off");
});

test("callers at the same time share one session and one question for the tools", async () => {
  const server = await start();
  const mcp = connections();
  await Promise.all(Array.from({ length: 20 }, () => mcp.listTools("acme", at(server), never)));
  expect([server.journal.begun, server.journal.lists]).toEqual([1, 1]);
});

test("who leaves while a session is opened does not end it for others", async () => {
  const server = await start();
  const mcp = connections();
  const abort = new AbortController();
  const left = mcp.listTools("acme", at(server), abort.signal);
  const stays = mcp.listTools("acme", at(server), never);
  abort.abort(new Error("left"));
  await expect(left).rejects.toThrow("left");
  expect(await stays).toHaveLength(1);
});

test("no more calls go to a server at once than may, and those that wait can be aborted", async () => {
  let inside = 0;
  let most = 0;
  const opened = Promise.withResolvers<void>();
  const gated = echoTool("gated", {
    async run() {
      most = Math.max(most, ++inside);
      await opened.promise;
      inside--;
      return "done";
    },
  });
  const server = await start({ tools: [gated] });
  const mcp = connections({ concurrency: 3 });
  const call = { name: "gated", args: {} };
  const calls = Array.from({ length: 8 }, () => mcp.callTool("acme", at(server), call, never));
  await waitFor(() => inside === 3, { what: "three calls" });
  const abort = new AbortController();
  const waiting = mcp.callTool("acme", at(server), call, abort.signal);
  abort.abort(new Error("left"));
  await expect(waiting).rejects.toThrow("left");
  opened.resolve();
  expect(await Promise.all(calls)).toEqual(calls.map(() => ({ output: "done" })));
  expect([most, server.journal.calls.length]).toEqual([3, 8]);
});

test("a hundred calls on ten servers, some of them slow or failing, are each answered with their own", async () => {
  const kinds = ["http", "json", "stateless", "sse", "modern"] as const;
  const slow = echoTool("slow", {
    async run(args) {
      await pause(30);
      return `slow: ${JSON.stringify(args)}`;
    },
  });
  const fails = echoTool("fails", {
    run: (args) => ({ isError: true, content: [{ type: "text", text: String(args.n) }] }),
  });
  const servers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      start({ kind: kinds[n % 5] ?? "http", tools: [echoTool("echo"), slow, fails] }),
    ),
  );
  const mcp = connections();
  const names = ["echo", "slow", "fails"];
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, n) => {
      const [server] = servers.slice(n % 10) as [McpTestServer];
      return mcp.callTool("acme", at(server), { name: names[n % 3] ?? "", args: { n } }, never);
    }),
  );
  const expected = outcomes.map((_, n) =>
    n % 3 === 2
      ? { error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: String(n) }] } }
      : { output: `${names[n % 3]}: {"n":${n}}` },
  );
  expect(outcomes).toEqual(expected);
  expect(mcp.sessions).toBe(10);
});

test("a list counts for a time, then it is asked for again", async () => {
  const server = await start({ kind: "stateless" });
  const mcp = connections({ listTtl: 50 });
  const names = async () => (await mcp.listTools("acme", at(server), never)).map(({ name }) => name);
  expect([await names(), await names(), server.journal.lists]).toEqual([["echo"], ["echo"], 1]);
  await server.setTools([echoTool("other")], true);
  await waitFor(async () => (await names())[0] === "other", { what: "the list to be renewed" });
});

test("a server on a private network is not asked unless that is allowed", async () => {
  const server = await start();
  const mcp = connections({ allowPrivate: false });
  await expect(mcp.listTools("acme", at(server), never)).rejects.toThrow("tools.allow_private_networks");
  expect(await mcp.callTool("acme", at(server), echo, never)).toMatchObject({
    error: { type: "http_error", code: 0, message: expect.stringContaining("private network") },
  });
  expect(server.journal.requests).toEqual([]);
});

test("a server that does not answer is given up in time, and what it was sent is in no error", async () => {
  const { createServer } = await import("node:net");
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  open.push({ [Symbol.asyncDispose]: async () => void silent.close() });
  const { port } = silent.address() as { port: number };
  const mcp = connections({ connectTimeout: 100 });
  const server = {
    url: `http://127.0.0.1:${port}/mcp?key=hunter2`,
    headers: { authorization: "Bearer hunter3" },
  };
  const outcome = await mcp.callTool("acme", server, echo, never);
  expect(outcome).toMatchObject({ error: { message: "The server took too long to answer." } });
  const thrown = await mcp.listTools("acme", server, never).catch((error: unknown) => error);
  for (const told of [JSON.stringify(outcome), String(thrown)]) expect(told).not.toMatch(/hunter/);
});

test("a redirect to another origin is not followed, and no key goes there", async () => {
  const { createServer } = await import("node:http");
  const target = await start();
  const door = createServer((_request, response) => response.writeHead(307, { location: target.url }).end());
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  open.push({ [Symbol.asyncDispose]: async () => void door.close() });
  const { port } = door.address() as { port: number };
  const server = { url: `http://127.0.0.1:${port}/mcp`, headers: { authorization: "Bearer hunter2" } };
  await expect(connections().listTools("acme", server, never)).rejects.toThrow("HTTP status 307");
  expect(target.journal.requests).toEqual([]);
});

test("an answer that is too long ends the call, not the process", async () => {
  const huge = echoTool("huge", { run: () => "x".repeat(20 * 2 ** 20) });
  const server = await start({ tools: [huge, echoTool("echo")] });
  const mcp = connections();
  expect(await mcp.callTool("acme", at(server), { name: "huge", args: {} }, never)).toMatchObject({
    error: { type: "http_error" },
  });
  expect(await mcp.callTool("acme", at(server), echo, never)).toEqual({ output: "echo: {}" });
});
