import type { Item, McpListedTool } from "@gateway/protocol";

/** The tools of a server as the context tells them: the last list under its label that has not failed. */
export function listInContext(items: readonly Item[], label: string): McpListedTool[] | undefined {
  const list = items.findLast(
    (item) => item.type === "mcp_list_tools" && item.server_label === label && item.error == null,
  );
  if (list?.type !== "mcp_list_tools") return undefined;
  return list.tools.map(({ name, description, input_schema, annotations }) => ({
    name,
    description: description ?? null,
    input_schema,
    annotations: annotations ?? null,
  }));
}
