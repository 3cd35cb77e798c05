import { type McpConnections, openMcpConnections } from "@gateway/mcp";
import type { Config } from "./config/config.ts";

/** Opens connections to MCP servers, as configured. None is made before a request names a server. */
export function openConfiguredMcp({ tools }: Config): McpConnections {
  const { mcp, allow_private_networks: allowPrivate } = tools;
  return openMcpConnections({
    allowPrivate,
    connectTimeout: mcp.connect_timeout,
    callTimeout: mcp.timeout,
    callLimit: mcp.max_duration,
    maxOutput: mcp.max_output,
    concurrency: mcp.concurrency,
    idleTimeout: mcp.idle_timeout,
    maxIdleSessions: mcp.max_idle_sessions,
    listTtl: mcp.list_ttl,
  });
}
