import { type McpTool, toEchoedMcpTool } from "@gateway/protocol";

/** What a server was asked for its tools with, without its keys. Its list's item tells it. */
export interface ListQuestion {
  server_url?: string;
  connector_id?: string;
  /** Left out where the list is whole. */
  allowed_tools?: NonNullable<McpTool["allowed_tools"]>;
}

/** What a declaration asks a server with. */
export function toQuestion(declared: McpTool): ListQuestion {
  const { server_url: url, connector_id: connector, allowed_tools: allowed } = toEchoedMcpTool(declared);
  const filtered = toFilter(allowed) !== undefined;
  return {
    ...(typeof url === "string" && { server_url: url }),
    ...(typeof connector === "string" && { connector_id: connector }),
    ...(filtered && { allowed_tools: allowed as NonNullable<McpTool["allowed_tools"]> }),
  };
}

/**
 * Whether a list that was asked for with `asked` tells all that a declaration counts on: it is of the same server, and
 * whole or narrowed in the same way. What a list does not tell of itself is taken to fit. Names need not be the same ones:
 * whether a list has them can be seen in it.
 */
export function stillAnswers(asked: { [K in keyof ListQuestion]?: unknown }, declared: McpTool): boolean {
  const { server_url: url, connector_id: connector, allowed_tools: allowed } = toQuestion(declared);
  const isNamed = asked.server_url != null || asked.connector_id != null;
  if (isNamed && (asked.server_url !== url || asked.connector_id !== connector)) return false;
  const [made, wanted] = [toFilter(asked.allowed_tools), toFilter(allowed)];
  return made === undefined || wanted?.names !== undefined || JSON.stringify(made) === JSON.stringify(wanted);
}

interface Filter {
  names: unknown;
  readOnly: unknown;
}

/** A filter in one form; undefined for one that lets everything through. */
function toFilter(allowed: unknown): Filter | undefined {
  if (Array.isArray(allowed)) return { names: allowed, readOnly: undefined };
  const { tool_names: names, read_only: readOnly } = (allowed ?? {}) as {
    tool_names?: unknown;
    read_only?: unknown;
  };
  if (names == null && readOnly == null) return undefined;
  return { names: names ?? undefined, readOnly: readOnly ?? undefined };
}
