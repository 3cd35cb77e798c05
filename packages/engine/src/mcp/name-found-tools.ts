import { type Item, isMcpTool, type McpTool, type Tool } from "@gateway/protocol";
import type { ServerTool } from "../tools/server-tool.ts";
import { isMcpServerTool } from "./mcp-server-tool.ts";
import { namedIn } from "./tool-filter.ts";

/**
 * The items, with the tools of MCP servers that searches have found as the functions that the model knows them by. A tool
 * that is not offered any more is left out.
 */
export function nameFoundTools(
  items: readonly Item[],
  servers: ReadonlyMap<string, ServerTool>,
): readonly Item[] {
  const tells = (item: Item) => item.type === "tool_search_output" && item.tools.some(isMcpTool);
  if (!items.some(tells)) return items;
  return items.map((item) =>
    item.type === "tool_search_output" && tells(item)
      ? {
          ...item,
          tools: item.tools.flatMap((tool) => (isMcpTool(tool) ? toFunctions(tool, servers) : [tool])),
        }
      : item,
  );
}

function toFunctions(found: McpTool, servers: ReadonlyMap<string, ServerTool>): Tool[] {
  const names = found.allowed_tools == null ? undefined : namedIn(found);
  return [...servers.values()].flatMap((tool) =>
    isMcpServerTool(tool) && tool.label === found.server_label && (names?.includes(tool.tool) ?? true)
      ? [tool.definition]
      : [],
  );
}
