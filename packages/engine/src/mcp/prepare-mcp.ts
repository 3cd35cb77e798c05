import {
  type CreateRequest,
  type Item,
  isMcpTool,
  type McpTool,
  type PlacedTool,
  unprocessable,
  type WantedTool,
  wantedIn,
} from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { Toolbox } from "../tools/client/collect-tools.ts";
import type { Offer } from "../tools/offer-tools.ts";
import type { ServerTool } from "../tools/server-tool.ts";
import { type FindableTool, openServerToolSearch } from "../tools/tool-search.ts";
import { type ApprovedCall, findApproved } from "./approvals.ts";
import { type McpChoice, toDeferring, toFindableTool } from "./defer-tools.ts";
import { checkApproved, type Prelude, toApprovedTools } from "./mcp-prelude.ts";
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
 * request (also with what it approves of: where no server is asked, as far as that can be seen), 424 where a server's tools cannot be listed.
 */
export async function prepareMcp(
  { request, toolbox, items, places, offer, asksServers }: BeforeMcp,
  scope: RequestScope,
  deps: Pick<EngineDeps, "mcp" | "connectors">,
): Promise<{ offer: Offer; prelude: Prelude }> {
  const calls = findApproved(items, places);
  if (scope.warmUp === true) refuseToPrepare(calls);
  const named = toMcpChoices(wantedIn(request.tool_choice ?? "auto").map(({ wanted }) => wanted));
  const opening = {
    declared: lastOfLabel(toolbox),
    items,
    taken: [...offer.reserved],
    wanted: named.flatMap(({ label, tool }) =>
      label === undefined || tool === undefined ? [] : [{ label, tool }],
    ),
    scope,
    deps,
  };
  if (!asksServers) {
    await checkMcpServers(opening);
    checkApproved(calls, opening.declared);
    return { offer, prelude: { fresh: [], approved: [] } };
  }
  const { tools, fresh } = await openMcpTools(opening);
  const needed = calls.map(({ request: { server_label: label, name: tool } }) => ({ label, tool }));
  const { servers, hidden } = offerOpened(
    tools,
    toDeferring(toolbox, [...toMcpChoices(toolbox.wanted), ...needed]),
    offer,
  );
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
  const hidden = new Map<string, ServerTool>();
  if (tools.length === 0) return { servers: others, hidden };
  const servers = new Map(others);
  const later: FindableTool[] = [];
  for (const opened of tools) {
    const { name } = opened.offered.definition;
    if (waits(opened)) {
      later.push(toFindableTool(opened, servers));
      hidden.set(name, opened.offered);
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

/** What is wanted of tools of MCP servers. */
function toMcpChoices(wanted: readonly WantedTool[]): McpChoice[] {
  return wanted.flatMap(({ type, server_label: label, name: tool }) =>
    type === "mcp" ? [{ label: asText(label), tool: asText(tool) }] : [],
  );
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Throws a 422 {@link ApiError} for calls that a response was to carry out that is only prepared. */
function refuseToPrepare([first]: readonly ApprovedCall[]): void {
  if (first === undefined) return;
  throw unprocessable(
    "A response that is only prepared ('generate': false, or 'prompt_cache_options.prewarm') carries out no call. Send the approval with the request that is to be answered.",
    { param: first.param, code: "unsupported_value" },
  );
}
