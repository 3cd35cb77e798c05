import type { McpCallError, McpListedTool } from "@gateway/protocol";

/** An MCP server and what goes along with every request to it. */
export interface McpServer {
  /** http or https. */
  url: string;
  /** Secrets among them: never to be logged or stored. Names in lower case. */
  headers: Readonly<Record<string, string>>;
}

/** How a call of a tool went: what it gave, as text, or why it failed. */
export type McpOutcome = { output: string } | { error: McpCallError };

/**
 * Asks MCP servers. Connections, and for a short time the lists of tools, are kept by tenant, address and headers: what
 * one tenant's key has opened serves no other.
 */
export interface McpClient {
  /**
   * All tools of a server, in its order. Throws an {@link McpListError} where they cannot be had, the signal's reason
   * when it is aborted.
   */
  listTools(tenant: string, server: McpServer, signal: AbortSignal): Promise<readonly McpListedTool[]>;
  /**
   * Calls a tool. What goes wrong is an outcome, too; rejects only with the signal's reason when it is aborted, and then
   * the server is told.
   */
  callTool(
    tenant: string,
    server: McpServer,
    call: { name: string; args: Record<string, unknown> },
    signal: AbortSignal,
  ): Promise<McpOutcome>;
}

/** The tools of a server could not be listed. The message is fit for callers. */
export class McpListError extends Error {
  override readonly name = "McpListError";
}

/** What is told of a server that was asked, for log and metrics. There is nothing secret in it. */
export interface McpUse {
  operation: "tools/list" | "tools/call";
  /** The server's label in the request. */
  server: string;
  /** The tool that was called. */
  tool?: string;
  milliseconds: number;
  /** Left out where all went well; `aborted` where nobody waited for the end. */
  fault?: McpCallError["type"] | "aborted";
}
