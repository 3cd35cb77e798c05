import { isMcpTool, type McpTool, toEchoedMcpTool } from "@gateway/protocol";
import type { Toolbox } from "../tools/client/collect-tools.ts";
import type { ServerTool } from "../tools/server-tool.ts";
import type { FindableTool } from "../tools/tool-search.ts";
import type { OpenedMcpTool } from "./open-mcp-tools.ts";
import { allowedOf } from "./tool-filter.ts";

/** A tool of a server, or with no name all of the server's; with no label, of all servers. */
export interface McpChoice {
  label: string | undefined;
  tool: string | undefined;
}

/**
 * Says of tools of MCP servers whether they wait until a search finds them (`defer_loading`), as the caller's functions do:
 * while there is a search, and none has found them before. What is `needed` now does not wait.
 */
export function toDeferring(
  { tools, found, searches }: Toolbox,
  needed: readonly McpChoice[],
): (opened: OpenedMcpTool) => boolean {
  const loaded = tools.flatMap((placed): McpTool[] =>
    found.has(placed) && isMcpTool(placed.declared) ? [placed.declared] : [],
  );
  return ({ declared: { server_label: label, defer_loading: defers }, listed }) =>
    searches &&
    defers === true &&
    !needed.some(
      (choice) =>
        (choice.label === undefined || choice.label === label) &&
        (choice.tool === undefined || choice.tool === listed.name),
    ) &&
    !loaded.some((other) => other.server_label === label && allowedOf(other, [listed]).length > 0);
}

/** A tool of an MCP server as one that a search may find; it is then added to `servers`. */
export function toFindableTool(
  { declared, listed, offered }: OpenedMcpTool,
  servers: Map<string, ServerTool>,
): FindableTool {
  const { server_label: label, server_description: description } = declared;
  return {
    name: listed.name,
    description: listed.description,
    parameters: listed.input_schema,
    declared: { name: listed.name },
    group: {
      key: `mcp ${label}`,
      name: label,
      description,
      declare: (inside) => ({
        ...toEchoedMcpTool(declared),
        allowed_tools: inside.map(({ name }) => name),
      }),
    },
    load: () => void servers.set(offered.definition.name, offered),
  };
}
