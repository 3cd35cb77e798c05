import { type CreateRequest, type Item, isMcpTool, type McpTool, type PlacedTool } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { Toolbox } from "../tools/client/collect-tools.ts";
import type { Offer } from "../tools/offer-tools.ts";
import { type FindableTool, openServerToolSearch } from "../tools/tool-search.ts";
import { findApproved } from "./approvals.ts";
import { type McpChoice, toDeferring, toFindableTool } from "./defer-tools.ts";
import { type Prelude, toApprovedTools } from "./mcp-prelude.ts";
import { checkMcpServers, type OpenedMcpTool, openMcpTools } from "./open-mcp-tools.ts";
import { joinFound } from "./tool-filter.ts";

/** What is known of a request before its MCP servers are looked at. */
export interface BeforeMcp {
  request: CreateRequest;
  /** The tools of the request, behind those that its history has. What is stored of these has no keys any more. */
  toolbox: Toolbox;
  /** History, input and what a former process has done, oldest first. */
  items: readonly Item[];
  /** Where in the input each of its items stands, by id. */
  places: ReadonlyMap<string, number>;
  /** The other tools. */
  offer: Offer;
  /** False: no server is asked, and so none of their tools is offered. */
  asksServers: boolean;
}

/**
 * Adds the tools of a request's MCP servers to those that the model is offered, or to those that a search may find, and
 * finds what is to be done before the model is asked. Throws an {@link ApiError}: 404 and 422 for what is wrong with the
 * request, 424 where a server's tools cannot be listed.
 */
export async function prepareMcp(
  { request, toolbox, items, places, offer, asksServers }: BeforeMcp,
  scope: RequestScope,
  deps: Pick<EngineDeps, "mcp" | "connectors">,
): Promise<{ offer: Offer; prelude: Prelude }> {
  const calls = findApproved(items, places);
  const choices = choicesIn(request.tool_choice);
  const opening = {
    declared: lastOfLabel(toolbox),
    items,
    taken: [...offer.reserved],
    wanted: choices.flatMap(({ label, tool }) =>
      label === undefined || tool === undefined ? [] : [{ label, tool }],
    ),
    scope,
    deps,
  };
  if (!asksServers) {
    await checkMcpServers(opening);
    return { offer, prelude: { fresh: [], approved: [] } };
  }
  const { tools, fresh } = await openMcpTools(opening);
  const needed = calls.map(({ request: { server_label: label, name: tool } }) => ({ label, tool }));
  const { servers, hidden } = offerOpened(tools, toDeferring(toolbox, [...choices, ...needed]), offer);
  return {
    offer: { ...offer, servers, hidden },
    prelude: { fresh, approved: toApprovedTools(calls, servers) },
  };
}

/** All tools that run here: those of MCP servers are among them, or can be found by the search and are hidden before. */
function offerOpened(
  tools: readonly OpenedMcpTool[],
  waits: (opened: OpenedMcpTool) => boolean,
  { servers: others, search }: Offer,
): Required<Pick<Offer, "servers" | "hidden">> {
  const hidden = new Set<string>();
  if (tools.length === 0) return { servers: others, hidden };
  const servers = new Map(others);
  const later: FindableTool[] = [];
  for (const opened of tools) {
    const { name } = opened.offered.definition;
    if (waits(opened)) {
      later.push(toFindableTool(opened, servers));
      hidden.add(name);
    } else servers.set(name, opened.offered);
  }
  if (search !== undefined && later.length > 0)
    servers.set(search.name, openServerToolSearch(search.name, [...search.findable, ...later]));
  return { servers, hidden };
}

/**
 * Of servers with one label the one that `tools` declares, or else the last: a request says again, with its keys, what its
 * history or the items of its input have said. What searches have found of a server only counts where nothing else declares
 * it, and then all of it does.
 */
function lastOfLabel({ tools, found }: Toolbox): PlacedTool[] {
  const byLabel = new Map<string, PlacedTool>();
  const joined = new Map<string, McpTool>();
  const rank = (placed: PlacedTool) => (found.has(placed) ? 0 : placed.param.startsWith("tools[") ? 2 : 1);
  for (const placed of tools) {
    if (!isMcpTool(placed.declared)) continue;
    const label = placed.declared.server_label;
    const before = byLabel.get(label);
    if (before !== undefined && rank(placed) < rank(before)) continue;
    byLabel.set(label, placed);
    if (rank(placed) > 0) joined.delete(label);
    else joined.set(label, joinFound(joined.get(label), placed.declared));
  }
  return [...byLabel].map(([label, { declared, param }]) => ({
    declared: joined.get(label) ?? declared,
    param,
  }));
}

/** The tools of MCP servers that a choice names. */
function choicesIn(choice: CreateRequest["tool_choice"]): McpChoice[] {
  if (typeof choice !== "object") return [];
  const named = choice.type === "allowed_tools" ? choice.tools : [choice];
  return named.flatMap((entry) => {
    const {
      type,
      server_label: label,
      name: tool,
    } = entry as { type: string; server_label?: unknown; name?: unknown };
    if (type !== "mcp") return [];
    return [{ label: asText(label), tool: asText(tool) }];
  });
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
