import type { Ignored } from "./list-ignored.ts";
import type { PlacedTool } from "./placed-tools.ts";
import type { Tool } from "./tools.ts";

/** A tool, or one of a namespace, and what it stands for in its list. */
interface Declaration {
  declared: { type: string; name?: string };
  param: string;
  key: string;
}

/**
 * Lists functions, custom tools (those of namespaces, too) and searches for tools which have no effect because a later one
 * of the same list takes their place and says something else. Those that another list declares again are not among them:
 * that is how a tool changes in the course of a conversation.
 */
export function listReplacedTools(tools: readonly PlacedTool[]): Ignored[] {
  const replaced: Ignored[] = [];
  const latest = new Map<string, Declaration>();
  for (const one of tools.flatMap(toDeclarations)) {
    const before = latest.get(one.key);
    latest.set(one.key, one);
    if (before === undefined || JSON.stringify(before.declared) === JSON.stringify(one.declared)) continue;
    const { declared, param } = before;
    const key = declared.name === undefined ? "type" : "name";
    replaced.push({ param: `${param}.${key}`, value: declared[key] ?? "", documented: true });
  }
  return replaced;
}

function toDeclarations({ declared, param }: PlacedTool): Declaration[] {
  const list = param.slice(0, param.lastIndexOf("["));
  if (declared.type === "namespace")
    return declared.tools.map((inner, index) => ({
      declared: inner,
      param: `${param}.tools[${index}]`,
      key: JSON.stringify([list, declared.name, inner.type, inner.name]),
    }));
  const identity = identityOf(declared);
  return identity === undefined ? [] : [{ declared, param, key: JSON.stringify([list, null, ...identity]) }];
}

/** What tells a tool from others of its list, where it has to; a search here and one at the caller's are two. */
function identityOf(declared: Tool): unknown[] | undefined {
  if (declared.type === "tool_search") return [declared.type, declared.execution ?? "server"];
  return declared.type === "function" || declared.type === "custom"
    ? [declared.type, declared.name]
    : undefined;
}
