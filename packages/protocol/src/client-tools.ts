import * as z from "zod";
import { within } from "./integer.ts";
import { listOf } from "./list-of.ts";

/** A name as the API allows it for functions, custom tools and namespaces. */
const toolName = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[a-zA-Z0-9_.-]+$/, "must consist of letters, digits, underscores, dots and dashes");

/** How programs may call a tool: see {@link withoutEffectInCalls}. */
const forPrograms = {
  allowed_callers: z.unknown().optional(),
  async: z.unknown().optional(),
  output_schema: z.unknown().optional(),
};

/** A function of the caller's. */
const functionTool = z.looseObject({
  type: z.literal("function"),
  name: toolName,
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
  defer_loading: z.boolean().nullish(),
  ...forPrograms,
});

/** Characters of a grammar; more than any hand has written for a tool. */
const longestGrammar = 65_536;

const inputFormat = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text") }),
  z.looseObject({
    type: z.literal("grammar"),
    syntax: z.enum(["lark", "regex"]),
    definition: z.string().min(1).max(longestGrammar),
  }),
]);

/** A tool that takes free text, where asked for by a grammar. */
const customTool = z.looseObject({
  type: z.literal("custom"),
  name: toolName,
  description: z.string().nullish(),
  format: inputFormat.nullish(),
  defer_loading: z.boolean().nullish(),
  ...forPrograms,
});

/** Tools under a common name. */
const namespaceTool = z.looseObject({
  type: z.literal("namespace"),
  name: toolName,
  description: z.string().nullish(),
  tools: listOf(z.discriminatedUnion("type", [functionTool, customTool])),
});

/** Looks for further tools, at the caller's (`client`) or here. */
const toolSearchTool = z.looseObject({
  type: z.literal("tool_search"),
  execution: z.enum(["server", "client"]).nullish(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

/** A shell; where it runs is up to its environment. Without one it is the caller's own. */
const shellTool = z.looseObject({
  type: z.literal("shell"),
  environment: z
    .looseObject({
      type: z.enum(["local", "container_auto", "container_reference"]),
      skills: z.unknown().optional(),
      container_id: z.unknown().optional(),
      file_ids: z.unknown().optional(),
      memory_limit: z.unknown().optional(),
      network_policy: z.unknown().optional(),
    })
    .nullish(),
  allowed_callers: forPrograms.allowed_callers,
});

const localShellTool = z.looseObject({ type: z.literal("local_shell") });
const applyPatchTool = z.looseObject({
  type: z.literal("apply_patch"),
  allowed_callers: forPrograms.allowed_callers,
});
const computerTool = z.looseObject({ type: z.literal("computer") });

/** The older computer tool, which says what the screen is. */
const computerPreviewTool = z.looseObject({
  type: z.literal("computer_use_preview"),
  display_width: z.int().check(within({ min: 1 })),
  display_height: z.int().check(within({ min: 1 })),
  environment: z.enum(["windows", "mac", "linux", "ubuntu", "browser"]),
});

/** Every tool that the caller runs. */
export const clientTools = [
  functionTool,
  customTool,
  namespaceTool,
  toolSearchTool,
  shellTool,
  localShellTool,
  applyPatchTool,
  computerTool,
  computerPreviewTool,
] as const;

export type FunctionTool = z.infer<typeof functionTool>;
export type CustomTool = z.infer<typeof customTool>;
export type NamespaceTool = z.infer<typeof namespaceTool>;
export type ToolSearchTool = z.infer<typeof toolSearchTool>;
export type ComputerPreviewTool = z.infer<typeof computerPreviewTool>;
/** A tool that the caller runs, as it declares it. */
export type DeclaredClientTool = z.infer<(typeof clientTools)[number]>;

const clientTypes: ReadonlySet<string> = new Set(clientTools.flatMap(({ shape }) => [...shape.type.values]));

/**
 * Paths of what has no effect in a tool of the caller's, in the tools of a namespace, too: how a program may call it, for
 * there are no programs here, and that its output may come later; also of a namespace that has no tools.
 */
export function withoutEffectInCalls(declared: { type: string }): string[] {
  const { allowed_callers: callers, async, output_schema: schema } = declared as Record<string, unknown>;
  const onlyDirect = callers == null || (Array.isArray(callers) && callers.every((who) => who === "direct"));
  const own = [
    ...(onlyDirect ? [] : ["allowed_callers"]),
    ...(async === true ? ["async"] : []),
    ...(schema == null ? [] : ["output_schema"]),
  ];
  if (declared.type !== "namespace") return own;
  const { tools } = declared as NamespaceTool;
  if (tools.length === 0) return ["tools"];
  return tools.flatMap((inner, index) => withoutEffectInCalls(inner).map((key) => `tools[${index}].${key}`));
}

/**
 * True for a tool whose calls the caller carries out. A shell in a container and a search for tools at the server's are
 * declared with the same types, but have to run here.
 */
export function isClientTool(declared: { type: string }): declared is DeclaredClientTool {
  if (!clientTypes.has(declared.type)) return false;
  const { environment, execution } = declared as {
    environment?: { type: string } | null;
    execution?: unknown;
  };
  if (declared.type === "shell") return environment == null || environment.type === "local";
  return declared.type !== "tool_search" || execution === "client";
}

/** True for a search for tools that this server makes. */
export function isServerToolSearch(declared: { type: string }): declared is ToolSearchTool {
  return declared.type === "tool_search" && !isClientTool(declared);
}
