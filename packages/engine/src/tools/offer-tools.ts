import { type Item, isServerToolSearch } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { ModelBackend } from "../model-backend.ts";
import { imageMakerOf, servicesOf } from "../services.ts";
import type { ClientTool } from "./client/client-tool.ts";
import type { Toolbox } from "./client/collect-tools.ts";
import { freeName } from "./client/flat-name.ts";
import { type DeferredTool, openClientTools } from "./client/open-client-tools.ts";
import { openHostedTool } from "./open-hosted-tool.ts";
import type { ServerTool } from "./server-tool.ts";
import { type FindableTool, openServerToolSearch, toFindable } from "./tool-search.ts";

/** The tools of a request that a model can be offered, by the names that it knows them by. */
export interface Offer {
  /** Run by the caller. {@link load} adds to them. */
  clients: ReadonlyMap<string, ClientTool>;
  /** Run here. */
  servers: ReadonlyMap<string, ServerTool>;
  /** All names that are taken, those of tools that a search may find among them. */
  reserved: ReadonlySet<string>;
  /** Tools of MCP servers that wait until a search finds them; a call of one before that is nobody's. */
  hidden?: ReadonlyMap<string, ServerTool>;
  /** Tools of the caller's that wait until a search finds them. */
  deferred: readonly DeferredTool[];
  /** Takes one of them into {@link clients}: the model has it from its next turn on. */
  load(found: DeferredTool): void;
  /** The search that this server makes, and what it may find; it is one of {@link servers}. */
  search?: { name: string; findable: readonly FindableTool[] };
}

/** What the tools of a request are opened with. */
export interface OfferOpening {
  scope: RequestScope;
  deps: Pick<EngineDeps, "knowledge" | "web" | "images" | "code">;
  /** Serves the model that is to be offered them. */
  backend: ModelBackend;
  /** The context, oldest first. */
  items: readonly Item[];
}

/**
 * Opens the tools of a request. A tool without a name of its own is offered under its type, or where another has that
 * name, under the next free one. Throws an {@link ApiError} where one of them cannot be opened.
 */
export async function offerTools(
  toolbox: Toolbox,
  { scope, deps, backend, items }: OfferOpening,
): Promise<Offer> {
  const { clients, deferred } = openClientTools(toolbox, (message) => scope.onFault(message));
  const load = ({ offered, tool }: DeferredTool) => void clients.set(offered, tool);
  const reserved = new Set([...clients.keys(), ...deferred.map(({ offered }) => offered)]);
  const take = (wanted: string): string => {
    const name = freeName(wanted, reserved);
    reserved.add(name);
    return name;
  };
  const servers = new Map<string, ServerTool>();
  let search: Offer["search"];
  if (toolbox.tools.some(({ declared }) => isServerToolSearch(declared))) {
    search = { name: take("tool_search"), findable: deferred.map((tool) => toFindable(tool, load)) };
    servers.set(search.name, openServerToolSearch(search.name, search.findable));
  }
  const services = servicesOf(deps, backend);
  const opening = { take, scope, deps, services, images: imageMakerOf(deps, backend), items };
  for (const placed of toolbox.tools) {
    for (const tool of await openHostedTool(placed, opening)) servers.set(tool.definition.name, tool);
  }
  return { clients, servers, reserved, deferred, load, ...(search && { search }) };
}

/**
 * The name under which the model knows the tool that items of a type tell of, of one action where there are several;
 * undefined where there is none.
 */
export function nameOfItems(offer: Offer, itemType: string, action?: string): string | undefined {
  for (const [name, tool] of offer.servers) {
    if (tool.itemType === itemType && (tool.action === undefined || tool.action === action)) return name;
  }
  return undefined;
}

/** True where a tool is offered whose use a response reports. */
export function reportsUse({ servers }: Offer): boolean {
  return [...servers.values()].some(
    ({ itemType }) => itemType === "web_search_call" || itemType === "image_generation_call",
  );
}
