import type { ToolPolicy } from "./tool-policy.ts";

/** Why a call of a tool that is not on offer is not made. */
export interface Refusal {
  /** For the model. */
  reason: string;
  /**
   * True for a tool that the request has, though this turn may not call it: `tool_choice` or `max_tool_calls` rules that
   * out. Such calls are passed over where the model has anything else to say.
   */
  ruledOut: boolean;
}

/** Says why a call is refused: its tool is not loaded yet, or ruled out, or there is none of that name. */
export function toRefusal(name: string, { tools, offer }: ToolPolicy): Refusal {
  const { clients, servers, hidden, deferred, search } = offer;
  const has = clients.has(name) || servers.has(name);
  if (has || (tools.length === 0 && clients.size + servers.size > 0))
    return { reason: "Not carried out: this tool cannot be called now. Go on without it.", ruledOut: true };
  const offered = (wanted: string | undefined) => tools.some((tool) => tool.name === wanted);
  if (hidden?.has(name) || deferred.some((one) => one.offered === name)) {
    const finder =
      search?.name ?? [...clients].find(([, { itemType }]) => itemType === "tool_search_call")?.[0];
    const how = offered(finder) ? `: look for it with '${finder}' first` : "";
    return { reason: `Not carried out: this tool is not loaded${how}.`, ruledOut: false };
  }
  const others = tools.length === 0 ? "No tool can be called." : "Call none but those that are on offer.";
  return { reason: `Not carried out: there is no tool of this name. ${others}`, ruledOut: false };
}
