import * as z from "zod";
import { sentHeaders } from "./sent-headers.ts";

const names = z.array(z.string().min(1).max(256)).max(10_000);

/** Which tools of a server are meant: those of these names, those that say they only read, or both. */
const toolFilter = z.looseObject({ tool_names: names.nullish(), read_only: z.boolean().nullish() });

/** An MCP server whose tools the model may call (API reference, "MCP tool"). */
export const mcpTool = z.looseObject({
  type: z.literal("mcp"),
  server_label: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[a-zA-Z0-9_.-]+$/, "must consist of letters, digits, underscores, dots and dashes"),
  server_url: z
    .url({ protocol: /^https?$/, message: "must be an http or https URL" })
    .max(2048)
    .nullish(),
  connector_id: z.string().min(1).max(256).nullish(),
  tunnel_id: z.string().nullish(),
  /** Never stored, logged or echoed in clear; see {@link toEchoedMcpTool}. */
  headers: sentHeaders.nullish(),
  /** As `headers`. Sent as a bearer token. */
  authorization: z
    .string()
    .min(1)
    .max(16_384)
    .regex(/^[\x20-\x7e]+$/, "must be printable ASCII")
    .nullish(),
  allowed_tools: z.union([names, toolFilter]).nullish(),
  require_approval: z
    .union([
      z.enum(["always", "never"]),
      z.looseObject({ always: toolFilter.nullish(), never: toolFilter.nullish() }),
    ])
    .nullish(),
  server_description: z.string().max(4096).nullish(),
  defer_loading: z.boolean().nullish(),
  allowed_callers: z.unknown().optional(),
});

/** A `tool_choice` that names a server, or one of its tools. */
export const mcpChoice = z.looseObject({
  type: z.literal("mcp"),
  server_label: z.string().min(1),
  name: z.string().nullish(),
});

export type McpTool = z.infer<typeof mcpTool>;
export type McpToolFilter = z.infer<typeof toolFilter>;

/** True for the declaration of an MCP server. */
export function isMcpTool(declared: { type: string }): declared is McpTool {
  return declared.type === "mcp";
}

/**
 * The declaration as a response echoes it: without `headers`, `authorization` and what of the address may be a key (user,
 * password, query).
 */
export function toEchoedMcpTool(declared: McpTool): Record<string, unknown> {
  const { headers: _headers, authorization: _authorization, ...rest } = declared;
  return {
    ...rest,
    ...(declared.server_url != null && { server_url: withoutKeys(declared.server_url) }),
    allowed_tools: declared.allowed_tools ?? null,
    require_approval: declared.require_approval ?? "always",
  };
}

function withoutKeys(address: string): string {
  const { origin, pathname, search, hash } = new URL(address);
  return search === "" && hash === "" ? address : origin + pathname;
}
