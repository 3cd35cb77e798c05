import * as z from "zod";
import { listOf } from "./list-of.ts";

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

/** Tools that exist in the API but have no service behind them here. */
const hostedTypes = [
  "custom",
  "namespace",
  "tool_search",
  "file_search",
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
export const tool = z.discriminatedUnion("type", [functionTool, hostedTool]);

const named = z.looseObject({ type: z.enum(["function", "custom"]), name: z.string().min(1) });

const allowedTools = z.looseObject({
  type: z.literal("allowed_tools"),
  mode: z.enum(["auto", "required"]),
  tools: listOf(z.looseObject({ type: z.string(), name: z.string().nullish() }), { min: 1 }),
});

const hostedChoice = z.looseObject({
  type: z.enum(hostedTypes.filter((type) => type !== "custom")),
});

/** Which tool the model may or must call. */
export const toolChoice = z.union([
  z.enum(["none", "auto", "required"]),
  z.discriminatedUnion("type", [named, allowedTools, hostedChoice]),
]);

export type Tool = z.infer<typeof tool>;
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

/** Narrows a tool to one that the caller runs as a function. */
export function isFunctionTool(declared: Tool): declared is FunctionTool {
  return declared.type === "function";
}
