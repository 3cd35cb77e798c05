import { randomUUID } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createMcpHandler, Server as ModernServer } from "@modelcontextprotocol/server";
import { newProtocolServer, type ProtocolServerParts } from "./protocol-server.ts";
import { toListing, toResult } from "./tools.ts";

/** A way in which servers are reached. */
export interface McpDoor {
  readonly path: string;
  answer: RequestListener;
  /** Tells all clients that the tools have changed. */
  toolsChanged(): Promise<void>;
  /** Loses all sessions, as a process does that starts again. */
  forget(): void;
  close(): Promise<void>;
}

/** Streamable HTTP with sessions, as the protocol had it from 2025 on. */
export function sessionDoor(parts: ProtocolServerParts, jsonAnswers: boolean): McpDoor {
  const sessions = new Map<string, { transport: StreamableHTTPServerTransport; server: Server }>();
  const { journal } = parts;
  return {
    path: "/mcp",
    answer: async (request, response) => {
      const id = request.headers["mcp-session-id"];
      const known = typeof id === "string" ? sessions.get(id) : undefined;
      if (id !== undefined && known === undefined) return refuse(response, 404, "Session not found");
      if (known !== undefined) return known.transport.handleRequest(request, response);
      const body = await readBody(request);
      if ((body as { method?: unknown } | undefined)?.method !== "initialize")
        return refuse(response, 400, "Bad Request: Mcp-Session-Id header is required");
      const transport: StreamableHTTPServerTransport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: jsonAnswers,
        onsessioninitialized: (session) => {
          journal.begun++;
          sessions.set(session, { transport, server });
        },
        onsessionclosed: (session) => {
          journal.ended++;
          sessions.delete(session);
        },
      });
      const server = newProtocolServer(parts);
      await server.connect(transport as never);
      await transport.handleRequest(request, response, body);
    },
    async toolsChanged() {
      for (const { server } of sessions.values()) await server.sendToolListChanged();
    },
    forget: () => sessions.clear(),
    async close() {
      for (const { server } of sessions.values()) await server.close();
    },
  };
}

/** Streamable HTTP without sessions: each request has a server of its own. */
export function statelessDoor(parts: ProtocolServerParts): McpDoor {
  return {
    path: "/mcp",
    answer: async (request, response) => {
      if (request.method !== "POST") return refuse(response, 405, "Method not allowed");
      const transport = new StreamableHTTPServerTransport({});
      const server = newProtocolServer(parts);
      response.once("close", () => void server.close());
      await server.connect(transport as never);
      await transport.handleRequest(request, response);
    },
    toolsChanged: async () => {},
    forget: () => {},
    close: async () => {},
  };
}

/** HTTP+SSE, as the protocol had it in 2024, and nothing else. */
export function sseDoor(parts: ProtocolServerParts): McpDoor {
  const sessions = new Map<string, { transport: SSEServerTransport; server: Server }>();
  return {
    path: "/sse",
    answer: async (request, response) => {
      const url = new URL(request.url ?? "/", "http://localhost");
      if (request.method === "GET" && url.pathname === "/sse") {
        const transport = new SSEServerTransport("/messages", response);
        const server = newProtocolServer(parts);
        sessions.set(transport.sessionId, { transport, server });
        parts.journal.begun++;
        response.once("close", () => {
          parts.journal.ended++;
          sessions.delete(transport.sessionId);
        });
        return server.connect(transport);
      }
      const session = sessions.get(url.searchParams.get("sessionId") ?? "");
      if (request.method === "POST" && url.pathname === "/messages" && session !== undefined)
        return session.transport.handlePostMessage(request, response);
      return refuse(response, request.method === "POST" && url.pathname === "/sse" ? 405 : 404, "Not here");
    },
    async toolsChanged() {
      for (const { server } of sessions.values()) await server.sendToolListChanged();
    },
    forget: () => sessions.clear(),
    async close() {
      for (const { server } of sessions.values()) await server.close();
    },
  };
}

/** The protocol's revision of July 2026, without greeting and sessions, and nothing older. */
export function modernDoor({ tools, journal }: ProtocolServerParts): McpDoor {
  const handler = createMcpHandler(
    () => {
      const server = new ModernServer(
        { name: "test-server", version: "2.0.0" },
        { capabilities: { tools: { listChanged: true } } },
      );
      server.setRequestHandler("tools/list", () => {
        journal.lists++;
        return { tools: tools().map(toListing) as never };
      });
      server.setRequestHandler("tools/call", async ({ params }, context) => {
        const { name, arguments: args = {} } = params;
        const tool = tools().find((known) => known.name === name);
        if (tool === undefined) throw Object.assign(new Error(`Tool ${name} not found`), { code: -32_602 });
        const { signal } = context.mcpReq;
        const call = { name, args, cancelled: false, done: false };
        journal.calls.push(call);
        signal.addEventListener("abort", () => {
          call.cancelled = true;
        });
        const token = context.mcpReq._meta?.progressToken;
        const given = await tool.run(args, {
          signal,
          async progress(progress, total) {
            if (token === undefined) return;
            await context.mcpReq.notify({
              method: "notifications/progress",
              params: { progressToken: token, progress, ...(total !== undefined && { total }) },
            });
          },
        });
        call.done = true;
        return toResult(given) as never;
      });
      return server;
    },
    { legacy: "reject" },
  );
  return {
    path: "/mcp",
    answer: getRequestListener((request) => handler.fetch(request), { overrideGlobalObjects: false }),
    toolsChanged: async () => handler.notify.toolsChanged(),
    forget: () => {},
    close: () => handler.close(),
  };
}

/** Ends a request with an error of HTTP. */
export function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }));
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}
