import type { McpListedTool } from "@gateway/protocol";
import type { ConnectorRecord } from "../knowledge/connector-store.ts";
import { type McpClient, McpListError, type McpOutcome, type McpServer } from "../mcp/mcp-client.ts";

/** A tool that a server has, and what it answers. */
export interface FakeTool {
  listed: McpListedTool;
  answer(args: Record<string, unknown>, signal: AbortSignal): Promise<McpOutcome> | McpOutcome;
}

/** MCP servers by address, in memory, and a journal of what they were asked. */
export class FakeMcp implements McpClient {
  readonly servers = new Map<string, FakeTool[] | Error>();
  /** Connectors by id, for every tenant. */
  readonly registered = new Map<string, ConnectorRecord>();
  readonly listed: { tenant: string; server: McpServer }[] = [];
  readonly called: { server: McpServer; name: string; args: Record<string, unknown> }[] = [];

  async listTools(tenant: string, server: McpServer, signal: AbortSignal): Promise<McpListedTool[]> {
    signal.throwIfAborted();
    this.listed.push({ tenant, server });
    const tools = this.servers.get(server.url) ?? new McpListError("The server cannot be reached.");
    if (tools instanceof Error) throw tools;
    return tools.map(({ listed }) => listed);
  }

  async callTool(
    _tenant: string,
    server: McpServer,
    { name, args }: { name: string; args: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<McpOutcome> {
    this.called.push({ server, name, args });
    const tools = this.servers.get(server.url);
    const tool = Array.isArray(tools) ? tools.find(({ listed }) => listed.name === name) : undefined;
    if (tool === undefined)
      return { error: { type: "mcp_protocol_error", code: -32602, message: "no such tool" } };
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    return Promise.race([tool.answer(args, signal), left.promise]);
  }

  /** The method of the connector store that the engine calls. */
  readonly connectors = {
    getWithHeaders: async (_tenant: string, id: string) => this.registered.get(id),
  };
}

/** A tool that answers with its name and its arguments, or as it is told to; where nothing else is said, it may write. */
export function fakeTool(
  name: string,
  answer: FakeTool["answer"] = (args) => ({ output: `${name} ${JSON.stringify(args)}` }),
  read_only = false,
): FakeTool {
  const input_schema = { type: "object", properties: { q: { type: "string" } } };
  const listed = { name, description: `Does ${name}.`, input_schema, annotations: { read_only } };
  return { listed, answer };
}
