import { ApiError, type McpListedTool } from "@gateway/protocol";
import type { RequestScope } from "../engine-deps.ts";
import { type McpClient, McpListError, type McpServer } from "./mcp-client.ts";

/** The tools of a server could not be listed: a 424 before the response has begun, its failure later. */
export class McpListFailure extends ApiError {
  /** The server's label in the request. */
  readonly label: string;
  /** What went wrong, without the label. */
  readonly reason: string;

  constructor(label: string, cause: unknown) {
    const reason = cause instanceof McpListError ? cause.message : "The server could not be asked.";
    super(`Error retrieving tool list from MCP server: '${label}'. ${reason}`, {
      status: 424,
      type: "external_connector_error",
      code: "http_error",
      param: "tools",
      cause,
    });
    this.label = label;
    this.reason = reason;
  }
}

/** Asks a server for its tools. Throws an {@link McpListFailure}, or the signal's reason when it is aborted. */
export async function listTools(
  label: string,
  server: McpServer,
  scope: RequestScope,
  client: McpClient,
): Promise<readonly McpListedTool[]> {
  const begun = performance.now();
  const { signal } = scope.abort;
  const tell = (fault?: "http_error" | "aborted") =>
    scope.onMcpUse?.({
      operation: "tools/list",
      server: label,
      milliseconds: performance.now() - begun,
      ...(fault !== undefined && { fault }),
    });
  try {
    const tools = await client.listTools(scope.tenant, server, signal);
    tell();
    return tools;
  } catch (thrown) {
    tell(signal.aborted ? "aborted" : "http_error");
    signal.throwIfAborted();
    throw new McpListFailure(label, thrown);
  }
}
