import { type CreateRequest, internal, isMcpTool, type McpTool, type Tool } from "@gateway/protocol";
import type { Sealer } from "../sealer.ts";

/** What a job keeps of its request: all of it, with what may be a key of an MCP server sealed. */
export interface RespondPayload {
  request: CreateRequest;
  /** The keys, as JSON, in the order in which the request names their servers. */
  sealed?: string;
}

/** What of a declaration may hold a key. */
type Keys = Pick<McpTool, "server_url" | "headers" | "authorization">;

/** What the sealed keys of a response belong to. */
export function contextOf(tenant: string, responseId: string): string {
  return `mcp ${responseId} ${tenant}`;
}

/** A request as its job keeps it. Nothing secret is in it in clear. */
export function toPayload(request: CreateRequest, context: string, sealer: Sealer): RespondPayload {
  const keys: Keys[] = [];
  const bare = mapMcpTools(request, (declared) => {
    const { server_url, headers, authorization, ...rest } = declared;
    keys.push({ server_url, headers, authorization });
    return rest;
  });
  return keys.length === 0
    ? { request }
    : { request: bare, sealed: sealer.seal(JSON.stringify(keys), context) };
}

/** The request of a job. Throws a 500 {@link ApiError} where its keys were sealed under another key, or are damaged. */
export function fromPayload(payload: unknown, context: string, sealer: Sealer): CreateRequest {
  const { request, sealed } = payload as RespondPayload;
  if (sealed === undefined) return request;
  const opened = sealer.open(sealed, context);
  if ("fault" in opened) {
    throw internal(
      opened.fault === "another_key"
        ? "The keys of the request's MCP servers were sealed under another server key. Send the request again."
        : "The keys of the request's MCP servers are damaged. Send the request again.",
    );
  }
  const keys = (JSON.parse(opened.text) as Keys[]).values();
  return mapMcpTools(request, (declared) => ({ ...declared, ...keys.next().value }));
}

/** The request with each declaration of an MCP server replaced, in one order: those of `tools`, then those of the input. */
function mapMcpTools(request: CreateRequest, replace: (declared: McpTool) => McpTool): CreateRequest {
  const map = (tools: readonly Tool[]) => tools.map((tool) => (isMcpTool(tool) ? replace(tool) : tool));
  const { tools, input } = request;
  return {
    ...request,
    ...(tools !== undefined && { tools: map(tools) }),
    ...(Array.isArray(input) && {
      input: input.map((item) =>
        item.type === "additional_tools" || item.type === "tool_search_output"
          ? { ...item, tools: map(item.tools) }
          : item,
      ),
    }),
  };
}
