import type { McpListedTool } from "@gateway/protocol";
import type { Tool } from "@modelcontextprotocol/client";

/** A tool as the API shows it. */
export function toListedTool({ name, description, inputSchema, annotations, title }: Tool): McpListedTool {
  return {
    name,
    description: description ?? title ?? null,
    input_schema: inputSchema,
    annotations: annotations ?? null,
  };
}
