import * as z from "zod";
import type { PlacedTool } from "./check-tool-choice.ts";
import { unprocessable } from "./errors.ts";

const names = z.array(z.string().min(1).max(256)).max(10_000);

/** Which tools of a server are meant: those of these names, those that say they only read, or both. */
const toolFilter = z.looseObject({ tool_names: names.nullish(), read_only: z.boolean().nullish() });

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Headers that belong to the connection, not to the caller. */
const ownHeaders =
  /^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer|mcp-session-id)$/i;

const headers = z
  .record(
    z
      .string()
      .max(256)
      .regex(headerName, "must be a header name")
      .refine((name) => !ownHeaders.test(name), "is a header that the server sets by itself"),
    z
      .string()
      .max(16_384)
      .regex(/^[\t\x20-\x7e]*$/, "must be printable ASCII"),
  )
  .nullish();

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
  headers,
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

/** MCP servers of one request; each is a connection. */
const maxServers = 64;

/**
 * Checks what one declaration's fields say about each other, and that no two have one label, and that they
 * are not too many. What a search has found belongs to a server that may be declared, too. Throws a 422
 * {@link ApiError} that names the field.
 */
export function checkMcpTools(tools: readonly PlacedTool[]): void {
  const labels = new Set<string>();
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
        param: param.replace(/\[\d+\]$/, ""),
        code: "array_above_max_length",
      });
    labels.add(label);
    if (found === true) continue;
    if (declaredLabels.has(label))
      throw unprocessable(`Two MCP servers have the label '${label}'.`, {
        param: `${param}.server_label`,
        code: "invalid_value",
      });
    declaredLabels.add(label);
  }
}

function checkUser(address: string | null | undefined, param: string): void {
  const url = address == null ? null : URL.parse(address);
  if (url === null || (url.username === "" && url.password === "")) return;
  throw unprocessable(
    "The URL holds a user or a password; send them in 'headers' or 'authorization', which are kept nowhere.",
    { param: `${param}.server_url`, code: "invalid_value" },
  );
}
