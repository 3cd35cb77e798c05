import type { McpListedTool, McpTool, McpToolFilter } from "@gateway/protocol";

/** The tools that a declaration lets through (`allowed_tools`), in the server's order. */
export function allowedOf(declared: McpTool, tools: readonly McpListedTool[]): McpListedTool[] {
  const { allowed_tools: allowed } = declared;
  if (allowed == null) return [...tools];
  const filter = Array.isArray(allowed) ? { tool_names: allowed } : allowed;
  return tools.filter((tool) => matches(filter, tool));
}

/**
 * Whether the caller has to approve of a call (`require_approval`): by default always. Of a filter that names the tool
 * both ways `always` wins, and a tool that it does not name needs approval.
 */
export function needsApproval({ require_approval: rule }: McpTool, tool: McpListedTool): boolean {
  if (rule == null || rule === "always") return true;
  if (rule === "never") return false;
  if (rule.always != null && isSaid(rule.always) && matches(rule.always, tool)) return true;
  return !(rule.never != null && isSaid(rule.never) && matches(rule.never, tool));
}

/**
 * What one search has found of a server, with what those before it have: the later declaration, which lets through the
 * tools of both. It stands alone where the two are not of one server and one rule of approval, or let tools through that
 * are not told by their names.
 */
export function joinFound(before: McpTool | undefined, later: McpTool): McpTool {
  if (before === undefined || !areAlike(before, later)) return later;
  const filters = [before, later].map(({ allowed_tools: allowed }) =>
    Array.isArray(allowed) ? { tool_names: allowed } : allowed,
  );
  if (filters.some((filter) => filter == null)) return { ...later, allowed_tools: null };
  if (filters.some((filter) => filter?.tool_names == null || filter.read_only != null)) return later;
  return { ...later, allowed_tools: [...new Set([...namedIn(before), ...namedIn(later)])] };
}

function areAlike(one: McpTool, other: McpTool): boolean {
  const facts = ({ server_url: url, connector_id: connector, require_approval: rule }: McpTool) =>
    JSON.stringify([url ?? null, connector ?? null, rule ?? "always"]);
  return facts(one) === facts(other);
}

/** The names of tools that a declaration counts on. */
export function namedIn({ allowed_tools: allowed }: McpTool): readonly string[] {
  if (allowed == null) return [];
  return Array.isArray(allowed) ? allowed : (allowed.tool_names ?? []);
}

/** True for a filter that says something. An empty one must not be read as "never ask". */
function isSaid({ tool_names: names, read_only: readOnly }: McpToolFilter): boolean {
  return names != null || readOnly != null;
}

function matches(filter: McpToolFilter, tool: McpListedTool): boolean {
  const { tool_names: names, read_only: readOnly } = filter;
  return (
    (names?.includes(tool.name) ?? true) && (readOnly == null || readOnly === tool.annotations.read_only)
  );
}
