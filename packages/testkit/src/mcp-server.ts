import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { McpDoor } from "./mcp/doors.ts";
import { type McpJournal, newJournal } from "./mcp/journal.ts";
import type { ProtocolServerParts } from "./mcp/protocol-server.ts";
import { echoTool, type McpTestTool } from "./mcp/tools.ts";

/** Settings of {@link startMcpServer}. */
export interface McpServerOptions {
  /**
   * How it is reached: `http` Streamable HTTP with sessions, `json` the same with answers in one piece, `stateless`
   * without sessions, `sse` the HTTP+SSE of 2024 alone, `modern` the revision of July 2026 alone.
   */
  kind?: "http" | "json" | "stateless" | "sse" | "modern";
  /** One that echoes where it is left out. */
  tools?: readonly McpTestTool[];
  /** The `authorization` header that every request has to have; any other is a 401. */
  authorization?: string;
  /** Tools on one page of a list. */
  pageSize?: number;
}

/** An MCP server of the official library, on a free port of loopback. */
export interface McpTestServer extends AsyncDisposable {
  /** Its endpoint. */
  readonly url: string;
  readonly journal: McpJournal;
  /** Replaces the tools and tells the clients, unless `silently`. */
  setTools(tools: readonly McpTestTool[], silently?: boolean): Promise<void>;
  /** Loses all sessions, as a process does that starts again. */
  forgetSessions(): void;
  /** From now on every request is answered with this status; undefined for none. */
  failWith(status: number | undefined): void;
  /** Breaks all connections off. It goes on to listen. */
  cutConnections(): void;
  stop(): Promise<void>;
}

/** Starts an MCP server in this process. */
export async function startMcpServer(options: McpServerOptions = {}): Promise<McpTestServer> {
  const { kind = "http", authorization, pageSize = 1000 } = options;
  let tools = options.tools ?? [echoTool("echo")];
  let failure: number | undefined;
  const journal = newJournal();
  const parts = { tools: () => tools, pageSize, journal };
  // Not loaded by tests that have no such server: the library is large.
  const doors = await import("./mcp/doors.ts");
  const door = openDoor(kind, parts, doors);
  const server: Server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    journal.requests.push({ method, path, headers });
    if (failure !== undefined) return doors.refuse(response, failure, "Told to fail");
    if (authorization !== undefined && headers.authorization !== authorization)
      return doors.refuse(response, 401, "Unauthorized");
    door.answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    await door.close();
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}${door.path}`,
    journal,
    async setTools(changed, silently = false) {
      tools = changed;
      if (!silently) await door.toolsChanged();
    },
    forgetSessions: () => door.forget(),
    failWith(status) {
      failure = status;
    },
    cutConnections: () => server.closeAllConnections(),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function openDoor(
  kind: NonNullable<McpServerOptions["kind"]>,
  parts: ProtocolServerParts,
  doors: typeof import("./mcp/doors.ts"),
): McpDoor {
  switch (kind) {
    case "http":
    case "json":
      return doors.sessionDoor(parts, kind === "json");
    case "stateless":
      return doors.statelessDoor(parts);
    case "sse":
      return doors.sseDoor(parts);
    case "modern":
      return doors.modernDoor(parts);
  }
}
