import * as z from "zod";
import { listOf } from "./list-of.ts";
import type { McpTool } from "./mcp-tool.ts";

const id = z.string().min(1).max(512).nullish();
const label = z.string().min(1).max(256);

/** In `annotations` callers have `read_only`, as the API tells it, or what the server itself has said (`readOnlyHint`). */
const listedTool = z.looseObject({
  name: z.string().min(1),
  description: z.string().nullish(),
  input_schema: z.unknown().optional(),
  annotations: z.unknown().optional(),
});

/**
 * What a server said that its tools are. While it is in the context the server is not asked again, unless it was asked
 * with something else: that is what `server_url`, `connector_id` and `allowed_tools` tell, which are this server's own.
 */
const mcpListTools = z.looseObject({
  type: z.literal("mcp_list_tools"),
  id,
  server_label: label,
  server_url: z.unknown().optional(),
  connector_id: z.unknown().optional(),
  allowed_tools: z.unknown().optional(),
  tools: listOf(listedTool),
  error: z.unknown().optional(),
});

const mcpCall = z.looseObject({
  type: z.literal("mcp_call"),
  id,
  server_label: label,
  name: z.string().min(1),
  arguments: z.string(),
  output: z.string().nullish(),
  error: z.unknown().optional(),
  approval_request_id: z.string().nullish(),
  status: z.string().nullish(),
});

const mcpApprovalRequest = z.looseObject({
  type: z.literal("mcp_approval_request"),
  id,
  server_label: label,
  name: z.string().min(1),
  arguments: z.string(),
});

const mcpApprovalResponse = z.looseObject({
  type: z.literal("mcp_approval_response"),
  id,
  approval_request_id: z.string().min(1).max(512),
  approve: z.boolean(),
  reason: z.string().nullish(),
});

/** What tells of tools of MCP servers, as a caller sends it back. */
export const mcpItems = [mcpListTools, mcpCall, mcpApprovalRequest, mcpApprovalResponse] as const;

type Stored<S extends z.ZodType> = z.infer<S> & { id: string };
export type McpCallItem = Stored<typeof mcpCall>;
export type McpApprovalRequestItem = Stored<typeof mcpApprovalRequest>;
export type McpApprovalResponseItem = Stored<typeof mcpApprovalResponse>;

/** A tool as `mcp_list_tools` shows it. What it has nothing of is left out, as the API does: strict clients refuse nulls. */
export type McpListedTool = {
  name: string;
  description?: string;
  input_schema: unknown;
  /** The one thing that the API tells of what a server says of its tool; false where it says nothing. */
  annotations: { read_only: boolean };
};

/** Why a call of a tool has failed. */
export type McpCallError =
  /** The server answered with an error of the protocol (JSON-RPC). */
  | { type: "mcp_protocol_error"; code: number; message: string }
  /** The tool ran and said that it failed; `content` is what it said. */
  | { type: "mcp_tool_execution_error"; content: unknown }
  /** The server was not reached, or answered with an HTTP error; `code` is its status, 0 where there is none. */
  | { type: "http_error"; code: number; message: string };

/** The tools of a server. The API gives it no status. */
export type OutputMcpListTools = {
  type: "mcp_list_tools";
  id: string;
  status?: undefined;
  server_label: string;
  /** What the server was asked with, without its keys; the filter where it was one. Stored, not shown: see `toVisibleItem`. */
  server_url?: string;
  connector_id?: string;
  allowed_tools?: NonNullable<McpTool["allowed_tools"]>;
  tools: McpListedTool[];
  /** Why they could not be listed; left out where they could. */
  error?: string;
};

/**
 * A call of a server's tool: `output` when it is completed, `error` when it has failed, or is incomplete and known not to
 * have been carried out.
 */
export type OutputMcpCall = {
  type: "mcp_call";
  id: string;
  status: "in_progress" | "completed" | "incomplete" | "failed";
  server_label: string;
  name: string;
  /** JSON text as the model wrote it. */
  arguments: string;
  output: string | null;
  error: McpCallError | null;
  /** The request whose approval let it run; null where none was asked for. */
  approval_request_id: string | null;
};

/** Asks the caller whether a tool may be called. The API gives it no status. */
export type OutputMcpApprovalRequest = {
  type: "mcp_approval_request";
  id: string;
  status?: undefined;
  server_label: string;
  name: string;
  arguments: string;
};

/** What this server tells of tools of MCP servers. */
export type OutputMcpItem = OutputMcpListTools | OutputMcpCall | OutputMcpApprovalRequest;

const outputTypes: ReadonlySet<string> = new Set(["mcp_list_tools", "mcp_call", "mcp_approval_request"]);

/** True for an output item that tells of tools of MCP servers. */
export function isMcpOutput(item: { type: string }): item is OutputMcpItem {
  return outputTypes.has(item.type);
}
