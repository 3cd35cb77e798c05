import * as z from "zod";
import { listOf } from "./list-of.ts";
import { searchFilter } from "./search-filter.ts";
import { rankingOptions } from "./vector-stores.ts";

const functionTool = z.looseObject({
  type: z.literal("function"),
  name: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[a-zA-Z0-9_.-]+$/, "must consist of letters, digits, underscores, dots and dashes"),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

/** Search in vector stores, carried out by this server. */
const fileSearchTool = z.looseObject({
  type: z.literal("file_search"),
  vector_store_ids: z.array(z.string().min(1).max(256)).min(1).max(32),
  max_num_results: z.int().min(1).max(50).nullish(),
  filters: searchFilter.nullish(),
  ranking_options: rankingOptions.nullish(),
});

/** Tools that exist in the API but have no service behind them here. */
const hostedTypes = [
  "custom",
  "namespace",
  "tool_search",
  "web_search",
  "web_search_2025_08_26",
  "web_search_preview",
  "web_search_preview_2025_03_11",
  "mcp",
  "code_interpreter",
  "image_generation",
  "computer",
  "computer_use_preview",
  "local_shell",
  "shell",
  "apply_patch",
  "programmatic_tool_calling",
] as const;

const hostedTool = z.looseObject({ type: z.enum(hostedTypes) });

/** A tool as a caller declares it. */
export const tool = z.discriminatedUnion("type", [functionTool, fileSearchTool, hostedTool]);

const named = z.looseObject({ type: z.enum(["function", "custom"]), name: z.string().min(1) });

const allowedTools = z.looseObject({
  type: z.literal("allowed_tools"),
  mode: z.enum(["auto", "required"]),
  tools: listOf(z.looseObject({ type: z.string(), name: z.string().nullish() }), { min: 1 }),
});

const hostedChoice = z.looseObject({
  type: z.enum(["file_search", ...hostedTypes.filter((type) => type !== "custom")]),
});

/** Which tool the model may or must call. */
export const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [named, allowedTools, hostedChoice]),
]);

export type Tool = z.infer<typeof tool>;
export type FileSearchTool = z.infer<typeof fileSearchTool>;
export type FunctionTool = z.infer<typeof functionTool>;
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
  if (declared.type !== "mcp") return declared;
  const { headers: _headers, authorization: _authorization, ...rest } = declared;
  return rest;
}

/** True for a tool that this server runs by itself, between two turns of the model. */
export function isServerTool(declared: { type: string }): declared is FileSearchTool {
  return declared.type === "file_search";
}

/** True for a tool that the model can be offered: a function of the caller's, or one that this server runs. */
export function isOffered(declared: { type: string }): boolean {
  return declared.type === "function" || isServerTool(declared);
}

/** Narrows a tool to one that the caller runs as a function. */
export function isFunctionTool(declared: Tool): declared is FunctionTool {
  return declared.type === "function";
}
