import * as z from "zod";
import { clientTools, type FunctionTool, isClientTool, isServerToolSearch } from "./client-tools.ts";
import {
  isServed,
  isWebSearchTool,
  noServices,
  type Services,
  serviceTools,
  serviceTypes,
} from "./hosted-tools.ts";
import { within } from "./integer.ts";
import { listOf } from "./list-of.ts";
import { isMcpTool, mcpChoice, mcpTool, toEchoedMcpTool } from "./mcp-tool.ts";
import { searchFilter } from "./search-filter.ts";
import { rankingOptions } from "./vector-stores.ts";
import { withoutDomainSecrets } from "./without-domain-secrets.ts";

/** Search in vector stores, carried out by this server. */
const fileSearchTool = z.looseObject({
  type: z.literal("file_search"),
  vector_store_ids: z.array(z.string().min(1).max(256)).min(1).max(32),
  max_num_results: z
    .int()
    .check(within({ min: 1, max: 50 }))
    .nullish(),
  filters: searchFilter.nullish(),
  ranking_options: rankingOptions.nullish(),
});

/** Tools that exist in the API but have no service behind them here. */
const hostedTypes = ["programmatic_tool_calling"] as const;

/** Tools of the caller's that have no name: a choice names them by type, `computer_use` being either of two. */
const plainTypes = [
  "tool_search",
  "shell",
  "local_shell",
  "apply_patch",
  "computer",
  "computer_use_preview",
  "computer_use",
] as const;

const hostedTool = z.looseObject({ type: z.enum(hostedTypes) });

/** A tool as a caller declares it, but for secrets that nothing here needs: {@link withoutDomainSecrets}. */
export const tool = z
  .discriminatedUnion("type", [...clientTools, fileSearchTool, ...serviceTools, mcpTool, hostedTool])
  .transform((declared) => withoutDomainSecrets(declared));

const named = z.looseObject({
  type: z.enum(["function", "custom", "namespace"]),
  name: z.string().min(1),
  namespace: z.string().nullish(),
});

const allowedTools = z.looseObject({
  type: z.literal("allowed_tools"),
  mode: z.enum(["auto", "required"]),
  tools: listOf(
    z.looseObject({
      type: z.string(),
      name: z.string().nullish(),
      namespace: z.string().nullish(),
      server_label: z.string().nullish(),
    }),
    { min: 1 },
  ),
});

const hostedChoice = z.looseObject({
  type: z.enum(["file_search", ...plainTypes, ...serviceTypes, ...hostedTypes]),
});

/** Which tool the model may or must call. */
export const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [named, allowedTools, mcpChoice, hostedChoice]),
]);

export type Tool = z.infer<typeof tool>;
export type FileSearchTool = z.infer<typeof fileSearchTool>;
export type ToolChoice = z.infer<typeof toolChoice>;

/**
 * A tool as a response echoes it: defaults filled in, and what may be a credential left out
 * (`headers` and `authorization` of an mcp tool).
 */
export function toEchoedTool(declared: Tool): Record<string, unknown> {
  if (isFunctionTool(declared)) {
    return {
      ...declared,
      description: declared.description ?? null,
      parameters: declared.parameters ?? null,
      strict: declared.strict ?? true,
    };
  }
  if (declared.type === "namespace") return { ...declared, tools: declared.tools.map(toEchoedTool) };
  if (isWebSearchTool(declared))
    return { ...declared, search_context_size: declared.search_context_size ?? "medium" };
  if (declared.type === "custom") return { ...declared, format: declared.format ?? { type: "text" } };
  return isMcpTool(declared) ? toEchoedMcpTool(declared) : declared;
}

/** True for the search in vector stores. */
export function isFileSearchTool(declared: { type: string }): declared is FileSearchTool {
  return declared.type === "file_search";
}

/**
 * True for a tool that the model can be offered: one that the caller runs, or that this server does, be it with the help
 * of a service.
 */
export function isOffered(declared: { type: string }, services: Services = noServices): boolean {
  return (
    isClientTool(declared) ||
    isServerToolSearch(declared) ||
    isFileSearchTool(declared) ||
    isMcpTool(declared) ||
    isServed(declared, services)
  );
}

/** Narrows a tool to one that the caller runs as a function. */
function isFunctionTool(declared: Tool): declared is FunctionTool {
  return declared.type === "function";
}
