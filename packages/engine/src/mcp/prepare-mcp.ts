import { type CreateRequest, type Item, isMcpTool, type PlacedTool } from "@gateway/protocol";
import type { EngineDeps, RequestScope } from "../engine-deps.ts";
import type { Offer } from "../tools/offer-tools.ts";
import { findApproved } from "./approvals.ts";
import type { Prelude } from "./begin-turns.ts";
import { toApprovedTools } from "./mcp-prelude.ts";
import type { McpToolName } from "./offered-names.ts";
import { checkMcpServers, openMcpTools } from "./open-mcp-tools.ts";

/** What is known of a request before its MCP servers are looked at. */
export interface BeforeMcp {
  request: CreateRequest;
  /** The tools of the request, behind those that its history has. What is stored of these has no keys any more. */
  declared: readonly PlacedTool[];
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
 * Adds the tools of a request's MCP servers to those that the model is offered, and finds what is to be done before it is
 * asked. Throws an {@link ApiError}: 404 and 422 for what is wrong with the request, 424 where a server's tools cannot
 * be listed.
 */
export async function prepareMcp(
  { request, declared, items, places, offer, asksServers }: BeforeMcp,
  scope: RequestScope,
  deps: Pick<EngineDeps, "mcp" | "connectors">,
): Promise<{ offer: Offer; prelude: Prelude }> {
  const calls = findApproved(items, places);
  const opening = {
    declared: lastOfLabel(declared),
    items,
    taken: [...offer.reserved],
    wanted: wantedBy(request.tool_choice),
    scope,
    deps,
  };
  if (!asksServers) {
    await checkMcpServers(opening);
    return { offer, prelude: { fresh: [], approved: [] } };
  }
  const { tools, fresh } = await openMcpTools(opening);
  const servers = tools.size === 0 ? offer.servers : new Map([...offer.servers, ...tools]);
  const approved = toApprovedTools(calls, servers);
  return { offer: { ...offer, servers }, prelude: { fresh, approved } };
}

/** Of servers with one label the last: a request says again, with its keys, what its history has said. */
function lastOfLabel(tools: readonly PlacedTool[]): PlacedTool[] {
  const byLabel = new Map<string, PlacedTool>();
  for (const placed of tools)
    if (isMcpTool(placed.declared)) byLabel.set(placed.declared.server_label, placed);
  return [...byLabel.values()];
}

/** The tools of MCP servers that a choice names. */
function wantedBy(choice: CreateRequest["tool_choice"]): McpToolName[] {
  if (typeof choice !== "object") return [];
  const named = choice.type === "allowed_tools" ? choice.tools : [choice];
  return named.flatMap((entry) => {
    const {
      type,
      server_label: label,
      name: tool,
    } = entry as { type: string; server_label?: unknown; name?: unknown };
    return type === "mcp" && typeof label === "string" && typeof tool === "string" ? [{ label, tool }] : [];
  });
}
