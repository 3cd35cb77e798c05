import type { Item, McpListedTool, McpTool } from "@gateway/protocol";
import { stillAnswers } from "./list-question.ts";

/**
 * The tools of a server as the context tells them: the last list under its label that has not failed. Undefined where
 * there is none, or where that was asked for with something else than what is declared now.
 */
export function listInContext(items: readonly Item[], declared: McpTool): McpListedTool[] | undefined {
  const list = items.findLast(
    (item) =>
      item.type === "mcp_list_tools" && item.server_label === declared.server_label && item.error == null,
  );
  if (list?.type !== "mcp_list_tools" || !stillAnswers(list, declared)) return undefined;
  return list.tools.map(({ name, description, input_schema, annotations }) => ({
    name,
    ...(description != null && { description }),
    input_schema,
    annotations: { read_only: isReadOnly(annotations) },
  }));
}

/** What a list says of a tool: in the API's own words, else in those that servers have for it. */
function isReadOnly(annotations: unknown): boolean {
  const { read_only: told, readOnlyHint: hint } = (annotations ?? {}) as Record<string, unknown>;
  return (told ?? hint) === true;
}
