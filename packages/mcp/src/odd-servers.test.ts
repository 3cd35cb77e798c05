import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { McpServer } from "@gateway/engine";
import { afterEach, describe, expect, test } from "vitest";
import { type McpConnections, openMcpConnections } from "./mcp-connections.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const part of open.splice(0).reverse()) await part[Symbol.asyncDispose]();
});

/** A server of HTTP that answers as a test wants, and how often it was asked. */
async function serve(answer: RequestListener): Promise<{ server: McpServer; seen: string[] }> {
  const seen: string[] = [];
  const http = createServer((request, response) => {
    seen.push(`${request.method} ${request.url?.replace(/\?.*/, "")}`);
    answer(request, response);
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
      await once(http, "close");
    },
  });
  const { port } = http.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/mcp?key=hunter2`;
  return { server: { url, headers: { authorization: "Bearer hunter3" } }, seen };
}

/** Connections that are patient, or for servers that say nothing are not. */
function connections(timeout = 10_000): McpConnections {
  const opened = openMcpConnections({ allowPrivate: true, connectTimeout: timeout, callTimeout: timeout });
  open.push({ [Symbol.asyncDispose]: () => opened.close() });
  return opened;
}

const never = new AbortController().signal;
const call = { name: "echo", args: {} };

/** An answer with a status and a body, which repeats what it was asked with, as pages of errors do. */
function page(status: number, type = "text/html"): RequestListener {
  return (request, response) => {
    const { authorization } = request.headers;
    response.writeHead(status, { "content-type": type });
    response.end(`<html>${status} ${authorization} ${request.url}</html>`);
  };
}

/** Answers a message of the protocol by its method; a GET is a 405, a notification a 202. */
function speaking(answers: Record<string, (id: unknown, response: ServerResponse) => void>): RequestListener {
  return async (request, response) => {
    if (request.method !== "POST") return void response.writeHead(405).end();
    const message = JSON.parse(await readAll(request)) as { id?: unknown; method: string };
    const answer = answers[message.method];
    if (message.id === undefined) return void response.writeHead(202).end();
    if (answer === undefined)
      return sendJson(response, { id: message.id, error: { code: -32_601, message: "Method not found" } });
    answer(message.id, response);
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += String(chunk);
  return body;
}

function sendJson(response: ServerResponse, message: object): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", ...message }));
}

const greets = (id: unknown, response: ServerResponse) =>
  sendJson(response, {
    id,
    result: {
      protocolVersion: "2025-06-18",
      capabilities: { tools: {} },
      serverInfo: { name: "odd", version: "1" },
    },
  });
const lists = (tools: unknown) => (id: unknown, response: ServerResponse) =>
  sendJson(response, { id, result: { tools } });

/** An answer of one piece, whatever it says. */
const sendText = (text: string) => (_id: unknown, response: ServerResponse) =>
  void response.writeHead(200, { "content-type": "application/json" }).end(text);
/** A stream of one event. */
const sendEvent = (data: string) => (_id: unknown, response: ServerResponse) =>
  void response.writeHead(200, { "content-type": "text/event-stream" }).end(`data: ${data}\n\n`);

/** What a call's error has. */
type CallFault = { type: string; code: number; message?: string };

/** What a server does, and what is said of it: the reason for the list, type and code for a call. */
const cases: [what: string, answer: RequestListener, reason: RegExp, error: CallFault][] = [
  ...[401, 403, 404, 405, 429, 500, 502, 503].map((status): (typeof cases)[number] => [
    `answers everything with ${status}`,
    page(status),
    new RegExp(`^The server answered with HTTP status ${status}\\.$`),
    { type: "http_error", code: status },
  ]),
  [
    "answers with a page of HTML",
    page(200),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "answers with what calls itself JSON and is none",
    page(200, "application/json"),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "answers with JSON of another kind",
    (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"hello":"world"}');
    },
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "never answers",
    () => {},
    /^The server took too long to answer\.$/,
    { type: "mcp_protocol_error", code: -32_001 },
  ],
  [
    "breaks off",
    (request) => void request.socket.destroy(),
    /cannot be reached/,
    { type: "http_error", code: 0 },
  ],
  [
    "opens a stream and says nothing in it",
    (_request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    },
    /^The server took too long to answer\.$/,
    { type: "mcp_protocol_error", code: -32_001 },
  ],
  [
    "refuses to greet",
    speaking({
      initialize: (id, response) =>
        sendJson(response, { id, error: { code: -32_000, message: "no key but Bearer hunter3" } }),
    }),
    /^The server answered: no key but \[removed\]$/,
    { type: "mcp_protocol_error", code: -32_000, message: "no key but [removed]" },
  ],
  [
    "greets, and never answers again",
    speaking({ initialize: greets, "tools/list": () => {}, "tools/call": () => {} }),
    /^The server took too long to answer\.$/,
    { type: "mcp_protocol_error", code: -32_001 },
  ],
  [
    "greets, and fails afterwards",
    speaking({
      initialize: greets,
      "tools/list": (_id, response) => void response.writeHead(500).end(),
      "tools/call": (_id, response) => void response.writeHead(500).end(),
    }),
    /^The server answered with HTTP status 500\.$/,
    { type: "http_error", code: 500 },
  ],
  [
    "lists what are no tools, and gives what is no result",
    speaking({
      initialize: greets,
      "tools/list": lists([{ title: "nameless" }]),
      "tools/call": (id, response) => sendJson(response, { id, result: { content: "none" } }),
    }),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "greets, and answers with what calls itself JSON and is none",
    speaking({ initialize: greets, "tools/list": sendText("{"), "tools/call": sendText("{") }),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "greets, and streams what is no JSON",
    speaking({ initialize: greets, "tools/list": sendEvent("{"), "tools/call": sendEvent("{") }),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  [
    "greets, and streams what is no message",
    speaking({ initialize: greets, "tools/list": sendEvent("7"), "tools/call": sendEvent("7") }),
    /^The server's answer is not one of the protocol\.$/,
    { type: "mcp_protocol_error", code: -32_603 },
  ],
  ...["http://169.254.169.254/latest/meta-data", "http://10.0.0.1/mcp", "file:///etc/passwd"].map(
    (location): (typeof cases)[number] => [
      `redirects to ${location}`,
      (_request, response) => void response.writeHead(307, { location }).end(),
      /^The server answered with HTTP status 307\.$/,
      { type: "http_error", code: 307 },
    ],
  ),
];

describe("a server that", () => {
  test.for(cases)("%s is told of, without what it was sent", async ([, answer, reason, error]) => {
    const { server } = await serve(answer);
    const timeout = error.code === -32_001 ? 300 : undefined;
    const thrown = await connections(timeout)
      .listTools("acme", server, never)
      .catch((fault: Error) => fault);
    const outcome = await connections(timeout).callTool("acme", server, call, never);
    expect(thrown).toMatchObject({ name: "McpListError", message: expect.stringMatching(reason) });
    expect(outcome).toMatchObject({ error });
    for (const told of [String(thrown), JSON.stringify(outcome)]) expect(told).not.toMatch(/hunter/);
  });

  test("lists pages without end is told of", async () => {
    const endless = speaking({
      initialize: greets,
      "tools/list": (id, response) =>
        sendJson(response, { id, result: { tools: [], nextCursor: `page ${id}` } }),
    });
    const { server } = await serve(endless);
    await expect(connections().listTools("acme", server, never)).rejects.toThrow(
      /^The server's list of tools has more than 32 pages\.$/,
    );
  });

  /** A server whose schema and structured content nest so deep. */
  const nesting = (depth: number) => {
    const nested = `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
    const gives = (result: string) => (id: unknown, response: ServerResponse) =>
      sendText(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`)(id, response);
    return speaking({
      initialize: greets,
      "tools/list": gives(
        `{"tools":[{"name":"deep","inputSchema":{"type":"object","properties":${nested}}}]}`,
      ),
      "tools/call": gives(`{"content":[],"structuredContent":${nested}}`),
    });
  };

  test("nests its answers too deep is told of", async () => {
    const { server } = await serve(nesting(100_000));
    const message = "The server's answer nests too deep.";
    const mcp = connections();
    await expect(mcp.listTools("acme", server, never)).rejects.toThrow(message);
    expect(await mcp.callTool("acme", server, call, never)).toEqual({
      error: { type: "mcp_protocol_error", code: -32_603, message },
    });
  });

  test("nests its answers deep is understood", async () => {
    const { server } = await serve(nesting(500));
    const mcp = connections();
    expect(await mcp.listTools("acme", server, never)).toMatchObject([{ name: "deep" }]);
    expect(await mcp.callTool("acme", server, call, never)).toEqual({
      output: expect.stringMatching(/^\{"a"/),
    });
  });

  test("redirects within its origin is followed, with its keys", async () => {
    const right = speaking({ initialize: greets, "tools/list": lists([]) });
    const { server, seen } = await serve((request, response) => {
      if (request.url?.startsWith("/mcp") === true)
        return void response.writeHead(308, { location: "/v2/mcp" }).end();
      if (request.headers.authorization !== "Bearer hunter3") return page(401)(request, response);
      return right(request, response);
    });
    expect(await connections().listTools("acme", server, never)).toEqual([]);
    expect(seen).toContain("POST /v2/mcp");
  });

  test("knows no session, not even a new one, is asked for a call twice and no more", async () => {
    let calls = 0;
    const { server } = await serve(
      speaking({
        initialize: greets,
        "tools/list": lists([]),
        "tools/call": (_id, response) => {
          calls++;
          response.writeHead(404).end();
        },
      }),
    );
    const mcp = connections();
    await mcp.listTools("acme", server, never);
    expect(await mcp.callTool("acme", server, call, never)).toMatchObject({
      error: { type: "http_error", code: 404 },
    });
    expect(calls).toBe(2);
  });

  test("has no tools at all is not asked for any", async () => {
    const asked = speaking({
      initialize: (id, response) =>
        sendJson(response, {
          id,
          result: {
            protocolVersion: "2025-06-18",
            capabilities: {},
            serverInfo: { name: "odd", version: "1" },
          },
        }),
    });
    const { server } = await serve(asked);
    expect(await connections().listTools("acme", server, never)).toEqual([]);
  });
});
