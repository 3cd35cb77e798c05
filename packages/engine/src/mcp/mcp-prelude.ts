import { isMcpTool, type McpApprovalRequestItem, type PlacedTool, unprocessable } from "@gateway/protocol";
import type { ServerTool } from "../tools/server-tool.ts";
import type { ApprovedCall } from "./approvals.ts";
import { isMcpServerTool, type McpServerTool, offeredNameOf } from "./mcp-server-tool.ts";
import type { FreshList } from "./open-mcp-tools.ts";
import { namedIn } from "./tool-filter.ts";

/** What is done before the first turn of the model. */
export interface Prelude {
  /** Lists of tools to tell of. */
  fresh: readonly FreshList[];
  /** Calls to carry out. The model is to see what they gave, so it is not asked before. */
  approved: readonly ApprovedTool[];
}

/** A call that the caller has approved of, and the tool that it is of. */
export interface ApprovedTool {
  request: McpApprovalRequestItem;
  tool: McpServerTool;
}

/** The tools of calls that were approved of. Throws a 422 {@link ApiError} where one is not among the request's tools. */
export function toApprovedTools(
  calls: readonly ApprovedCall[],
  servers: ReadonlyMap<string, ServerTool>,
): ApprovedTool[] {
  return calls.map((call) => {
    const { server_label: label, name } = call.request;
    const tool = servers.get(offeredNameOf(servers, { label, tool: name }) ?? "");
    if (tool !== undefined && isMcpServerTool(tool)) return { request: call.request, tool };
    throw notAmongTools(call);
  });
}

/**
 * Checks what calls were approved of against declarations alone, before any server is asked: throws what
 * {@link toApprovedTools} does where a call's server is not declared, or its tool not among those that are allowed by name.
 */
export function checkApproved(calls: readonly ApprovedCall[], declared: readonly PlacedTool[]): void {
  const servers = declared.flatMap(({ declared: tool }) => (isMcpTool(tool) ? [tool] : []));
  for (const call of calls) {
    const { server_label: label, name } = call.request;
    const server = servers.find((tool) => tool.server_label === label);
    const names = server && namedIn(server);
    if (names === undefined || (names.length > 0 && !names.includes(name))) throw notAmongTools(call);
  }
}

function notAmongTools({ request: { server_label: label, name }, param }: ApprovedCall) {
  return unprocessable(
    `The approved call is of the tool '${name}' of the MCP server '${label}', which is not among the request's tools. Send the server's declaration again.`,
    { param, code: "invalid_value" },
  );
}
