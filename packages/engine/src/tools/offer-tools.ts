import {
  type Item,
  isCodeInterpreterTool,
  isImageGenerationTool,
  isServed,
  isServerTool,
  isServerToolSearch,
  isWebSearchTool,
  type Tool,
} from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import { openImageTool } from "../images/image-tool.ts";
import type { ModelBackend } from "../model-backend.ts";
import { openCodeInterpreterTool } from "../sandbox/code-interpreter-tool.ts";
import { imageMakerOf, servicesOf } from "../services.ts";
import { openWebSearchTool, webActions } from "../web/web-search-tool.ts";
import type { ClientTool } from "./client/client-tool.ts";
import type { Toolbox } from "./client/collect-tools.ts";
import { freeName } from "./client/flat-name.ts";
import { openClientTools } from "./client/open-client-tools.ts";
import { openFileSearchTool } from "./file-search.ts";
import type { ServerTool } from "./server-tool.ts";
import { type FindableTool, openServerToolSearch, toFindable } from "./tool-search.ts";

/** The tools of a request that a model can be offered, by the names that it knows them by. */
export interface Offer {
  /** Run by the caller. They become more when a search of this server's finds some. */
  clients: ReadonlyMap<string, ClientTool>;
  /** Run here. */
  servers: ReadonlyMap<string, ServerTool>;
  /** All names that are taken, those of tools that a search may find among them. */
  reserved: ReadonlySet<string>;
  /** The search that this server makes, and what it may find; it is one of {@link servers}. */
  search?: { name: string; findable: readonly FindableTool[] };
}

type OfferDeps = Pick<EngineDeps, "knowledge" | "web" | "images" | "code">;

/**
 * Opens the tools of a request for a model of `backend`. A tool without a name of its own is offered under its type, or where another has that
 * name, under the next free one. `items` are the context, oldest first. Throws an {@link ApiError} where one of them cannot be.
 */
export async function offerTools(
  toolbox: Toolbox,
  scope: RequestScope,
  deps: OfferDeps,
  backend: ModelBackend,
  items: readonly Item[] = [],
): Promise<Offer> {
  const { clients, deferred } = openClientTools(toolbox, (message) => scope.onFault(message));
  const taken = new Set([...clients.keys(), ...deferred.map(({ offered }) => offered)]);
  const servers = new Map<string, ServerTool>();
  let search: Offer["search"];
  if (toolbox.tools.some(({ declared }) => isServerToolSearch(declared))) {
    const name = freeName("tool_search", taken);
    taken.add(name);
    search = { name, findable: deferred.map((tool) => toFindable(tool, clients)) };
    servers.set(name, openServerToolSearch(name, search.findable));
  }
  for (const { declared, param } of toolbox.tools) {
    if (isCodeInterpreterTool(declared)) {
      if (deps.code === undefined) continue;
      const name = freeName(declared.type, taken);
      taken.add(name);
      const opening = { name, param, scope, containers: deps.code, items };
      servers.set(name, await openCodeInterpreterTool(declared, opening));
      continue;
    }
    if (!isServerTool(declared)) {
      for (const [name, tool] of openServed(declared, taken, scope, deps, backend)) servers.set(name, tool);
      continue;
    }
    const name = freeName(declared.type, taken);
    taken.add(name);
    servers.set(name, await openFileSearchTool(declared, { name, param, scope, deps }));
  }
  return { clients, servers, reserved: taken, ...(search && { search }) };
}

/** Opens a tool that there is a service for; none for any other. The names that it takes are taken from then on. */
function openServed(
  declared: Tool,
  taken: Set<string>,
  scope: RequestScope,
  deps: OfferDeps,
  backend: ModelBackend,
): [string, ServerTool][] {
  if (!isServed(declared, servicesOf(deps, backend))) return [];
  const take = (wanted: string): string => {
    const name = freeName(wanted, taken);
    taken.add(name);
    return name;
  };
  if (isWebSearchTool(declared) && deps.web !== undefined) {
    const names = {
      search: take(webActions.search),
      open_page: take(webActions.open_page),
      find_in_page: take(webActions.find_in_page),
    };
    const tools = openWebSearchTool(declared, { names, scope, web: deps.web });
    return tools.map((tool) => [tool.definition.name, tool]);
  }
  const maker = imageMakerOf(deps, backend);
  if (!isImageGenerationTool(declared) || maker === undefined) return [];
  const name = take(declared.type);
  return [[name, openImageTool(declared, { name, scope, maker })]];
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
