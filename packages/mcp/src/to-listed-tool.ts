import type { McpListedTool } from "@gateway/protocol";
import type { SentKeys } from "@gateway/web-guard";
import type { Tool } from "@modelcontextprotocol/client";

/** A tool as the API shows it, without what its server was sent. Its name is what it is called by, and stays. */
export function toListedTool(
  { name, description, inputSchema, annotations, title }: Tool,
  keys: SentKeys,
): McpListedTool {
  const said = description ?? title;
  const about = {
    ...(said !== undefined && { description: said }),
    input_schema: inputSchema,
    annotations: { read_only: annotations?.readOnlyHint === true },
  };
  const text = JSON.stringify(about);
  return { name, ...(keys.removeFrom(text) === text ? about : withoutKeys(text, keys)) };
}

/** JSON, read without what is secret in its texts. */
function withoutKeys<T>(json: string, keys: SentKeys): T {
  return JSON.parse(json, (_name, value: unknown) =>
    typeof value === "string" ? keys.removeFrom(value) : value,
  ) as T;
}
