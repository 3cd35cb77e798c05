import { createHash } from "node:crypto";

/** Characters that the name of a function may have on every server. */
const longest = 64;

/**
 * The name of a tool in a namespace as a model is offered it, `crm__find`: chat completions know no namespaces. Always
 * legal and the same for the same tool; two tools may come to one name, see {@link freeName}.
 */
export function toFlatName(namespace: string, name: string): string {
  const joined = namespace.endsWith("__") ? `${namespace}${name}` : `${namespace}__${name}`;
  const legal = joined.replace(/[^a-zA-Z0-9_-]/g, "_");
  if (legal.length <= longest) return legal;
  const hash = createHash("sha256").update(`${namespace}\n${name}`).digest("hex").slice(0, 8);
  return `${legal.slice(0, longest - hash.length - 1)}_${hash}`;
}

/** The name, or where it is taken, the next free one that is made of it. */
export function freeName(name: string, taken: { has(name: string): boolean }): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) {
    const suffix = `_${number}`;
    free = `${name.slice(0, Math.max(longest, name.length) - suffix.length)}${suffix}`;
  }
  return free;
}
