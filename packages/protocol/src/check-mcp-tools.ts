import { unprocessable } from "./errors.ts";
import { isMcpTool } from "./mcp-tool.ts";
import type { PlacedTool } from "./placed-tools.ts";

/** MCP servers of one request; each is a connection. */
const maxServers = 64;

/**
 * Checks what one declaration's fields say about each other, that no two of one list have one label, and that the servers
 * are not too many. A label may come again in another list: callers who keep their context themselves say again, with its
 * keys, what an item of it has declared. What a search has found belongs to a server that may be declared, too. Throws a
 * 422 {@link ApiError} that names the field.
 */
export function checkMcpTools(tools: readonly PlacedTool[]): void {
  const labels = new Set<string>();
  /** By the list that they are declared in. */
  const declaredLabels = new Set<string>();
  for (const { declared, param, found } of tools) {
    if (!isMcpTool(declared)) continue;
    const { server_label: label, server_url: url, connector_id: connector, tunnel_id: tunnel } = declared;
    if (tunnel != null)
      throw unprocessable("Tunnels to MCP servers are not supported by this server; give a 'server_url'.", {
        param: `${param}.tunnel_id`,
        code: "unsupported_value",
      });
    if (url == null && connector == null)
      throw unprocessable(
        `Missing required parameter: one of '${param}.server_url' and '${param}.connector_id'.`,
        {
          param: `${param}.server_url`,
          code: "missing_required_parameter",
        },
      );
    if (url != null && connector != null)
      throw unprocessable("'server_url' and 'connector_id' cannot be used together.", {
        param: `${param}.connector_id`,
        code: "mutually_exclusive_parameters",
      });
    checkUser(url, param);
    if (!labels.has(label) && labels.size >= maxServers)
      throw unprocessable(`A request may name ${maxServers} MCP servers at most.`, {
        param: listOf(param),
        code: "array_above_max_length",
      });
    labels.add(label);
    if (found === true) continue;
    const placed = `${listOf(param)} ${label}`;
    if (declaredLabels.has(placed))
      throw unprocessable(`Two MCP servers have the label '${label}'.`, {
        param: `${param}.server_label`,
        code: "invalid_value",
      });
    declaredLabels.add(placed);
  }
}

/** Path of the list that a tool stands in. */
function listOf(param: string): string {
  return param.replace(/\[\d+\]$/, "");
}

function checkUser(address: string | null | undefined, param: string): void {
  const url = address == null ? null : URL.parse(address);
  if (url === null || (url.username === "" && url.password === "")) return;
  throw unprocessable(
    "The URL holds a user or a password; send them in 'headers' or 'authorization', which are kept nowhere.",
    { param: `${param}.server_url`, code: "invalid_value" },
  );
}
