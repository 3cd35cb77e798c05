import { type FunctionTool, isFunctionTool, isServerTool, type Tool } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { openFileSearchTool } from "./file-search.ts";
import type { ServerTool } from "./server-tool.ts";

/** The tools of a request that a model can be offered. */
export interface Offer {
  /** Run by the caller. */
  functions: readonly FunctionTool[];
  /** Run here, by the name that the model knows them by. */
  servers: ReadonlyMap<string, ServerTool>;
}

/**
 * Opens the tools of a request. A tool that runs here is offered under its type, or where the caller has a function
 * of that name, under the next free one. Throws an {@link ApiError} where one of them cannot be.
 */
export async function offerTools(
  tools: readonly Tool[],
  scope: RequestScope,
  deps: Pick<EngineDeps, "knowledge">,
): Promise<Offer> {
  const functions = tools.filter(isFunctionTool);
  const taken = new Set(functions.map(({ name }) => name));
  const servers = new Map<string, ServerTool>();
  for (const [index, declared] of tools.entries()) {
    if (!isServerTool(declared)) continue;
    const name = freeName(declared.type, taken);
    taken.add(name);
    servers.set(name, await openFileSearchTool(declared, { name, param: `tools[${index}]`, scope, deps }));
  }
  return { functions, servers };
}

/** The name under which the model knows the tool that items of a type tell of; undefined where there is none. */
export function nameOfItems(offer: Offer, itemType: string): string | undefined {
  for (const [name, tool] of offer.servers) if (tool.itemType === itemType) return name;
  return undefined;
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}
