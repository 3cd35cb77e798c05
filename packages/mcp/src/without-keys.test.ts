import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { openMcpConnections } from "./mcp-connections.ts";
import { withoutKeys } from "./without-keys.ts";

const server = {
  url: "https://docs.example.com/mcp?key=hunter2-query",
  headers: { authorization: "Bearer hunter3-token", "x-team": "blue" },
};

test.for([
  ["Bearer hunter3-token is not valid", "[removed] is not valid"],
  ["the token hunter3-token is not valid", "the token [removed] is not valid"],
  ["GET /mcp?key=hunter2-query", "GET /mcp?[removed]"],
  ["hunter2-query, the team is blue", "[removed], the team is blue"],
  ["nothing of it", "nothing of it"],
] as const)("%j is told as %j", ([text, told]) => {
  expect(withoutKeys(text, server)).toBe(told);
});

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
    const keyed = { ...server, url: `http://127.0.0.1:${port}/mcp?key=hunter2-query` };
    const signal = new AbortController().signal;
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
