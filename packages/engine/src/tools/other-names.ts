import { isMcpServerTool } from "../mcp/mcp-server-tool.ts";
import type { Offer } from "./offer-tools.ts";
import type { ServerTool } from "./server-tool.ts";

/** What the tools of a request may be called by. */
type Tools = Pick<Offer, "clients" | "servers" | "hidden" | "deferred">;

/**
 * Names that a model may call a tool by although it was offered under another one, and that one: in a namespace or of a
 * server its own name (`read`), or both in another notation (`files.read`, `files/read`, `files__read`); of any tool the
 * offered name as some models were trained to write it (`functions.read`). A name that may mean several tools, loaded or
 * not, is none of them. The names that tools are offered under are not among these.
 */
export function otherNamesOf({ clients, servers, hidden, deferred }: Tools): ReadonlyMap<string, string> {
  const offered = new Set<string>();
  const names = new Map<string, string>();
  const unclear = new Set<string>();
  const add = (other: string, name: string) => {
    const known = names.get(other);
    if (known === undefined) names.set(other, name);
    else if (known !== name) unclear.add(other);
  };
  const addTool = (name: string, own?: string, group?: string) => {
    offered.add(name);
    add(`functions.${name}`, name);
    if (own === undefined) return;
    add(own, name);
    if (group === undefined) return;
    for (const between of [".", "/", "__"]) add(`${group}${between}${own}`, name);
  };
  const addServer = (name: string, tool: ServerTool) =>
    isMcpServerTool(tool) ? addTool(name, tool.tool, tool.label) : addTool(name);
  for (const [name, tool] of clients) addTool(name, tool.name, tool.namespace);
  for (const { offered: name, tool } of deferred) addTool(name, tool.name, tool.namespace);
  for (const [name, tool] of servers) addServer(name, tool);
  for (const [name, tool] of hidden ?? []) addServer(name, tool);
  for (const name of [...unclear, ...offered]) names.delete(name);
  return names;
}
