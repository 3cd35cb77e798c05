import type { McpListedTool } from "@gateway/protocol";
import { McpListError } from "./mcp-client.ts";

/** Longest tool, as JSON in characters: the model reads all of it in every turn. */
const maxTool = 262_144;
/** Longest list of tools, as JSON in characters. */
const maxList = 4_194_304;
/** How deep a schema may nest; what is far deeper can neither be written nor copied. */
const maxDepth = 100;

/** A tool that is left out, and why: a part of a sentence. */
interface TooLarge {
  name: string;
  why: string;
}

/** Lists are kept for a while, and their tools are then the same objects. */
const measured = new WeakMap<McpListedTool, { size: number } | { why: string }>();

/**
 * The tools that can be offered, and those that are too large for that. Throws an {@link McpListError} where all together
 * are too large.
 */
export function boundList(tools: readonly McpListedTool[]): { tools: McpListedTool[]; tooLarge: TooLarge[] } {
  const tooLarge: TooLarge[] = [];
  let size = 0;
  const fit = tools.filter((tool) => {
    const found = measure(tool);
    if ("why" in found) tooLarge.push({ name: tool.name.slice(0, 128), why: found.why });
    else size += found.size;
    return "size" in found;
  });
  if (size > maxList)
    throw new McpListError(
      `The server's tools are described in ${size} characters; ${maxList} at most can be offered. Name those that are needed in 'allowed_tools'.`,
    );
  return { tools: fit, tooLarge };
}

function measure(tool: McpListedTool): { size: number } | { why: string } {
  const known = measured.get(tool);
  if (known !== undefined) return known;
  const found = nestsTooDeep(tool)
    ? { why: `it nests deeper than ${maxDepth} levels` }
    : toSize(JSON.stringify(tool).length);
  measured.set(tool, found);
  return found;
}

function toSize(size: number): { size: number } | { why: string } {
  return size > maxTool ? { why: `it is described in ${size} characters, ${maxTool} at most` } : { size };
}

/** Level by level: to go down into it would need a stack as deep. */
function nestsTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; depth <= maxDepth; depth++) {
    level = level.flatMap((part) => (typeof part === "object" && part !== null ? Object.values(part) : []));
    if (level.length === 0) return false;
  }
  return true;
}
