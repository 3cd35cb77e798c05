import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import type { McpServer } from "@gateway/engine";
import { echoTool, startMcpServer } from "@gateway/testkit";
import { expect, test } from "vitest";
import { openMcpConnections } from "./mcp-connections.ts";

const headers = { authorization: "Bearer hunter3-token", "x-key": "hunter4-key", "x-team": "blue" };
const signal = new AbortController().signal;

test.for<[string, RequestListener]>([
  [
    "an error of HTTP",
    (request, response) => response.writeHead(400).end(String(request.headers.authorization)),
  ],
  [
    "an error of the protocol",
    (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on("end", () => {
        const { id = null } = JSON.parse(body || "{}") as { id?: unknown };
        const message = `no access for ${request.headers.authorization} at ${request.url}`;
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message } }));
      });
    },
  ],
])("a server that repeats its keys in %s makes them known to nobody", async ([, answer]) => {
  const echo = createServer(answer);
  await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
  const mcp = openMcpConnections({ allowPrivate: true, connectTimeout: 2000 });
  try {
    const { port } = echo.address() as AddressInfo;
    const keyed: McpServer = { headers, url: `http://127.0.0.1:${port}/mcp?key=hunter2-query` };
    const thrown = await mcp.listTools("acme", keyed, signal).catch((error: unknown) => error);
    const outcome = await mcp.callTool("acme", keyed, { name: "echo", args: {} }, signal);
    expect(thrown).toBeInstanceOf(Error);
    expect(outcome).toHaveProperty("error");
    // All of it, the causes that go to the log among them.
    for (const told of [thrown, outcome]) expect(inspect(told, { depth: 20 })).not.toMatch(/hunter/);
  } finally {
    await mcp.close();
    echo.closeAllConnections();
    echo.close();
  }
});

test("a server whose error is cut off within a key makes no part of it known", async () => {
  const message = `${"x".repeat(1993)}hunter3-token and what follows`;
  const failing = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      const { id = null } = JSON.parse(body || "{}") as { id?: unknown };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message } }));
    });
  });
  await new Promise<void>((resolve) => failing.listen(0, "127.0.0.1", resolve));
  const mcp = openMcpConnections({ allowPrivate: true, connectTimeout: 2000 });
  try {
    const { port } = failing.address() as AddressInfo;
    const keyed: McpServer = { headers, url: `http://127.0.0.1:${port}/mcp` };
    const thrown = await mcp.listTools("acme", keyed, signal).catch((error: unknown) => error);
    const outcome = await mcp.callTool("acme", keyed, { name: "echo", args: {} }, signal);
    for (const told of [thrown, outcome]) {
      const shown = inspect(told, { depth: 20, maxStringLength: null });
      expect(shown).toContain(`${"x".repeat(1993)}…`);
      expect(shown).not.toMatch(/hunt/);
    }
  } finally {
    await mcp.close();
    failing.closeAllConnections();
    failing.close();
  }
});

const text = `Bearer hunter3-token, hunter4-key and hunter2-query of blue`;
const shown = "[removed], [removed] and [removed] of blue";

test.for<[what: string, gives: object, outcome: object]>([
  ["a text", { content: [{ type: "text", text }] }, { output: shown }],
  [
    "structured content",
    { content: [], structuredContent: { text } },
    { output: JSON.stringify({ text: shown }) },
  ],
  [
    "a resource",
    { content: [{ type: "resource", resource: { uri: "file:///hunter4-key", text } }] },
    { output: `[resource file:///[removed]]\n${shown}` },
  ],
  [
    "a link",
    { content: [{ type: "resource_link", uri: "file:///a", name: "a", description: text }] },
    { output: `[link to a, file:///a, ${shown}]` },
  ],
  [
    "an error",
    { isError: true, content: [{ type: "text", text }] },
    { error: { type: "mcp_tool_execution_error", content: [{ type: "text", text: shown }] } },
  ],
  [
    "a text that is cut off within a key",
    { content: [{ type: "text", text: `${"x".repeat(190)}hunter3-token${"x".repeat(3_000_000)}` }] },
    { output: `${"x".repeat(190)}\n[Cut off: 200 of 3000203 characters.]` },
  ],
  [
    "an error that is cut off within a key",
    { isError: true, content: [{ type: "text", text: `${"x".repeat(195)}hunter3-token` }] },
    {
      error: {
        type: "mcp_tool_execution_error",
        content: [{ type: "text", text: `${"x".repeat(195)}\n[Cut off: 200 of 208 characters.]` }],
      },
    },
  ],
])("a tool that repeats its keys in %s makes them known to nobody", async ([, gives, outcome]) => {
  const tools = [
    echoTool("echo", { run: () => gives as never, description: text, annotations: { title: "hunter4-key" } }),
  ];
  await using server = await startMcpServer({ tools });
  const mcp = openMcpConnections({ allowPrivate: true, maxOutput: 200 });
  try {
    const keyed = { url: `${server.url}?key=hunter2-query`, headers };
    expect(await mcp.callTool("acme", keyed, { name: "echo", args: {} }, signal)).toEqual(outcome);
    const listed = await mcp.listTools("acme", keyed, signal);
    expect(listed).toMatchObject([{ name: "echo", description: shown }]);
    expect(JSON.stringify(listed)).not.toMatch(/hunter/);
  } finally {
    await mcp.close();
  }
});
