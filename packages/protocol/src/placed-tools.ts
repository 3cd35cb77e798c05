import type { CreateRequest } from "./create-request.ts";
import type { Tool } from "./tools.ts";

/** A tool of the request and its path: `tools[2]`, `input[0].tools[1]`. */
export interface PlacedTool {
  declared: Tool;
  param: string;
  /** True where an item of the input tells of a search that has found it. */
  found?: boolean;
}

/** The tools of a request: those of `tools`, then those that items of its input add. */
export function toolsOf({ tools, input }: Pick<CreateRequest, "tools" | "input">): PlacedTool[] {
  const placed = (tools ?? []).map((declared, index) => ({ declared, param: `tools[${index}]` }));
  for (const [at, item] of (Array.isArray(input) ? input : []).entries()) {
    if (item.type !== "additional_tools" && item.type !== "tool_search_output") continue;
    for (const [index, declared] of item.tools.entries())
      placed.push({
        declared,
        param: `input[${at}].tools[${index}]`,
        ...(item.type === "tool_search_output" && { found: true }),
      });
  }
  return placed;
}
