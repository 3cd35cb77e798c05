import { type McpTool, notFound, unprocessable } from "@gateway/protocol";
import type { ConnectorStore } from "../knowledge/connector-store.ts";
import type { McpServer } from "./mcp-client.ts";

/**
 * The server that a declaration means. Its own headers come before those of its connector, and `authorization` before
 * both. Throws a 404 {@link ApiError} where the connector does not exist for this tenant.
 */
export async function toMcpServer(
  declared: McpTool,
  param: string,
  tenant: string,
  connectors: Pick<ConnectorStore, "getWithHeaders">,
): Promise<McpServer> {
  const { server_url: url, connector_id: id, authorization } = declared;
  const own = {
    ...inLowerCase(declared.headers ?? {}),
    ...(authorization != null && { authorization: toBearer(authorization) }),
  };
  if (url != null) return { url, headers: own };
  if (id == null) throw unprocessable(`Missing required parameter: '${param}.server_url'.`, { param });
  const record = await connectors.getWithHeaders(tenant, id);
  if (record === undefined)
    throw notFound(`Connector with id '${id}' not found.`, { param: `${param}.connector_id` });
  return { url: record.connector.server_url, headers: { ...inLowerCase(record.headers), ...own } };
}

/** A token, or what a caller has put the scheme before already. */
function toBearer(authorization: string): string {
  return /^bearer /i.test(authorization) ? authorization : `Bearer ${authorization}`;
}

function inLowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
