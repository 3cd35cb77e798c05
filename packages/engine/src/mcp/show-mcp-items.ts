import type { Item, McpApprovalRequestItem, McpApprovalResponseItem, McpCallItem } from "@gateway/protocol";
import { isJson } from "../is-json.ts";
import { defuse } from "../tools/defuse.ts";
import type { ServerTool } from "../tools/server-tool.ts";
import { toExchange } from "../tools/sources.ts";
import { offeredNameOf } from "./mcp-server-tool.ts";
import { toFunctionName } from "./offered-names.ts";

const mcpTypes: ReadonlySet<string> = new Set([
  "mcp_list_tools",
  "mcp_call",
  "mcp_approval_request",
  "mcp_approval_response",
]);

/**
 * Says of each of the items how a model can be shown it, and nothing of those that have to do with no MCP server: a call of a
 * server's tool becomes one of the function that the model knows it by (`servers`), and its output. So does a call that was
 * asked for and not carried out, but for those that are about to be (`pending`: ids of the requests for approval). A list
 * of tools is nothing that was said. What servers have written is {@link defuse}d.
 */
export function openMcpView(
  items: readonly Item[],
  servers: ReadonlyMap<string, ServerTool>,
  pending: readonly string[],
): (item: Item) => Item[] | undefined {
  if (!items.some(({ type }) => mcpTypes.has(type))) return () => undefined;
  const carriedOut = new Set<unknown>(pending);
  const answers = new Map<string, McpApprovalResponseItem>();
  for (const item of items) {
    if (item.type === "mcp_call") carriedOut.add(item.approval_request_id);
    else if (item.type === "mcp_approval_response") answers.set(item.approval_request_id, item);
  }
  return (item) => {
    switch (item.type) {
      case "mcp_call":
        return toExchange(item.id, nameIn(item, servers), item.arguments, defuse(renderCall(item)));
      case "mcp_approval_request":
        if (carriedOut.has(item.id)) return [];
        return toExchange(item.id, nameIn(item, servers), item.arguments, renderAnswer(answers.get(item.id)));
      case "mcp_list_tools":
      case "mcp_approval_response":
        return [];
      default:
        return undefined;
    }
  };
}

/** A tool that is not offered any more still needs a name. */
function nameIn(
  { server_label: label, name }: McpCallItem | McpApprovalRequestItem,
  servers: ReadonlyMap<string, ServerTool>,
): string {
  return offeredNameOf(servers, { label, tool: name }) ?? toFunctionName(name);
}

function renderCall({ arguments: args, output, error, status }: McpCallItem): string {
  if (error != null && status === "incomplete")
    return "Not carried out: the response ended before the call was made.";
  if (error != null) return renderError(error);
  if (output == null && !isJson(args)) return "Not carried out: the call was cut short while it was written.";
  return output ?? "The call was cut short; whether it had an effect is not known.";
}

function renderError(error: unknown): string {
  if (typeof error === "string") return `The call failed: ${error}`;
  const { type, message, content } = error as { type?: unknown; message?: unknown; content?: unknown };
  if (type === "mcp_tool_execution_error") return `The tool failed: ${renderContent(content)}`;
  return `The call failed: ${typeof message === "string" ? message : JSON.stringify(error)}`;
}

function renderContent(content: unknown): string {
  if (typeof content === "string") return content;
  const texts = (Array.isArray(content) ? content : []).flatMap((part) => {
    const { text } = (part ?? {}) as { text?: unknown };
    return typeof text === "string" ? [text] : [];
  });
  return texts.length > 0 ? texts.join("\n") : JSON.stringify(content ?? null);
}

function renderAnswer(answer: McpApprovalResponseItem | undefined): string {
  if (answer === undefined) return "Not carried out: the user was asked for approval and has not answered.";
  // Calls begin together, and an end of the response before their items leaves nothing of them.
  if (answer.approve)
    return "Approved, but no outcome is known; whether it was carried out is not known either.";
  const reason = answer.reason ? ` The reason: ${answer.reason}` : "";
  return `Not carried out: the user has denied it. Do not try it again unless you are asked to.${reason}`;
}
