import { freeName, toFlatName } from "../tools/client/flat-name.ts";

/** A tool of a server, by the names that items know it by. */
export interface McpToolName {
  label: string;
  tool: string;
}

/** Longest name of a function that every model server takes. */
const longest = 64;

/**
 * Names under which a model is offered tools, one for each, none of them in `taken`: the tool's own where no other has
 * it, else with its server's label in front (`docs__search`). What such a name cannot hold is replaced, and what is too long
 * ends with a hash of both.
 */
export function toOfferedNames(tools: readonly McpToolName[], taken: Iterable<string>): string[] {
  const used = new Set(taken);
  const count = new Map<string, number>();
  for (const { tool } of tools) {
    const plain = toFunctionName(tool);
    count.set(plain, (count.get(plain) ?? 0) + 1);
  }
  return tools.map(({ label, tool }) => {
    const plain = toFunctionName(tool);
    const unique = count.get(plain) === 1 && !used.has(plain);
    const name = freeName(unique ? plain : toFlatName(label, tool), used);
    used.add(name);
    return name;
  });
}

/** Text as the name of a function; never empty. */
export function toFunctionName(text: string): string {
  return text.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, longest) || "_";
}
