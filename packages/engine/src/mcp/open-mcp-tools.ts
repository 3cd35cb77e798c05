import { type Item, isMcpTool, type McpListedTool, type McpTool, type PlacedTool } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { boundList } from "./bound-list.ts";
import { listInContext } from "./list-in-context.ts";
import { type ListQuestion, toQuestion } from "./list-question.ts";
import { listTools, McpListFailure } from "./list-tools.ts";
import type { McpServer } from "./mcp-client.ts";
import { type McpServerTool, type McpToolParts, toMcpServerTool } from "./mcp-server-tool.ts";
import { type McpToolName, toOfferedNames } from "./offered-names.ts";
import { toMcpServer } from "./to-mcp-server.ts";
import { allowedOf, namedIn } from "./tool-filter.ts";

/** A list of tools that was asked for now; the stream tells of it before the first turn. */
export interface FreshList {
  label: string;
  tools: readonly McpListedTool[];
  asked: ListQuestion;
}

/** A tool of a server, with what was said of it. */
export interface OpenedMcpTool {
  declared: McpTool;
  listed: McpListedTool;
  /** As a model is offered it. */
  offered: McpServerTool;
}

/** The MCP servers of a request, opened. */
export interface OpenedMcp {
  /** Their tools, as far as they are allowed. */
  tools: readonly OpenedMcpTool[];
  fresh: readonly FreshList[];
}

/** What MCP servers are opened with. */
export interface McpOpening {
  declared: readonly PlacedTool[];
  /** History, input and what a former process has done, oldest first: a list of tools that is in it is used. */
  items: readonly Item[];
  /** Names of other tools that the model is offered. */
  taken: Iterable<string>;
  /** Tools that have to be there: what `tool_choice` names. */
  wanted: readonly McpToolName[];
  scope: RequestScope;
  deps: Pick<EngineDeps, "mcp" | "connectors">;
}

interface Server {
  declared: McpTool;
  server: McpServer;
  /** Those that are allowed. */
  tools: readonly McpListedTool[];
  fresh: boolean;
}

/**
 * Opens the MCP servers of a request: those whose tools the context does not tell are asked, all at once. Throws an
 * {@link ApiError}: 404 for a connector that does not exist, 424 ({@link McpListFailure}) where tools cannot be listed.
 */
export async function openMcpTools(opening: McpOpening): Promise<OpenedMcp> {
  const placed = opening.declared.flatMap(({ declared, param }) =>
    isMcpTool(declared) ? [{ declared, param }] : [],
  );
  if (placed.length === 0) return { tools: [], fresh: [] };
  const servers = await Promise.all(
    placed.map(({ declared, param }) => openServer(declared, param, opening)),
  );
  const offered = servers.flatMap(({ declared, server, tools }) =>
    tools.map((listed) => ({ declared, server, listed })),
  );
  const names = toOfferedNames(
    offered.map(({ declared, listed }) => ({ label: declared.server_label, tool: listed.name })),
    opening.taken,
  );
  const { scope, deps } = opening;
  const waiting: McpToolParts["waiting"] = new Set();
  return {
    tools: offered.map(({ declared, server, listed }, index) => {
      const name = names[index] ?? listed.name;
      const parts = { name, declared, listed, server, client: deps.mcp, scope, waiting };
      return { declared, listed, offered: toMcpServerTool(parts) };
    }),
    fresh: servers.flatMap(({ declared, tools, fresh }) =>
      fresh ? [{ label: declared.server_label, tools, asked: toQuestion(declared) }] : [],
    ),
  };
}

/** Checks what can be checked of the MCP servers of a request without asking them. Throws as {@link openMcpTools} does. */
export async function checkMcpServers({ declared, scope, deps }: McpOpening): Promise<void> {
  for (const { declared: tool, param } of declared) {
    if (isMcpTool(tool)) await toMcpServer(tool, param, scope.tenant, deps.connectors);
  }
}

async function openServer(
  declared: McpTool,
  param: string,
  { items, wanted, scope, deps }: McpOpening,
): Promise<Server> {
  const label = declared.server_label;
  const server = await toMcpServer(declared, param, scope.tenant, deps.connectors);
  const known = listInContext(items, declared);
  const chosen = wanted.filter((name) => name.label === label).map(({ tool }) => tool);
  const needed = [...namedIn(declared), ...chosen];
  // A tool that is counted on and not there may have come since.
  if (known !== undefined && needed.every((name) => known.some((tool) => tool.name === name)))
    return { declared, server, tools: allowedOf(declared, firstOfName(known)), fresh: false };
  const listed = firstOfName(await listTools(label, server, scope, deps.mcp));
  const tools = bound(label, allowedOf(declared, listed), scope);
  return { declared, server, tools, fresh: true };
}

/** A server that names a tool twice can still be called by one name only. */
function firstOfName(tools: readonly McpListedTool[]): McpListedTool[] {
  const byName = new Map<string, McpListedTool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  return [...byName.values()];
}

/** The tools without those that are too large, which the log is told of. */
function bound(label: string, listed: readonly McpListedTool[], scope: RequestScope): McpListedTool[] {
  try {
    const { tools, tooLarge } = boundList(listed);
    for (const { name, why } of tooLarge)
      scope.onFault(`the tool '${name}' of the MCP server '${label}' is left out: ${why}`);
    return tools;
  } catch (thrown) {
    throw new McpListFailure(label, thrown);
  }
}
