import {
  type CreateRequest,
  type Item,
  isOffered,
  type PlacedTool,
  toolsOf,
  type WantedTool,
  wantedIn,
} from "@gateway/protocol";
import type { Context } from "../../context.ts";

/** The tools that a request's context has. */
export interface Toolbox {
  tools: PlacedTool[];
  /** Those that a search has found: they are loaded, whatever they say. */
  found: ReadonlySet<PlacedTool>;
  /** True where there is a search for tools: then those that are to be loaded later wait for it. */
  searches: boolean;
  /** Those that `tool_choice` wants offered at once, even where they are to be loaded later. */
  wanted: readonly WantedTool[];
}

/**
 * Collects all tools that a request's model may be offered: its own, and those that items of its context make available
 * from there on.
 */
export function collectTools(
  request: CreateRequest,
  { items, places }: Pick<Context, "items" | "places">,
): Toolbox {
  const input = Array.isArray(request.input) ? request.input : [];
  const found = new Set<PlacedTool>();
  const tools: PlacedTool[] = [];
  const add = (placed: PlacedTool, wasFound: boolean) => {
    tools.push(placed);
    if (wasFound) found.add(placed);
  };
  // What the request says itself is taken from there: what is stored has no secrets.
  const isOwn = (item: Item) => input[places.get(item.id) ?? -1]?.type === item.type;
  for (const item of items) {
    if ((item.type !== "additional_tools" && item.type !== "tool_search_output") || isOwn(item)) continue;
    for (const declared of item.tools) add({ declared, param: "input" }, item.type === "tool_search_output");
  }
  for (const placed of toolsOf(request)) {
    const at = /^input\[(\d+)\]/.exec(placed.param)?.[1];
    add(placed, at !== undefined && input[Number(at)]?.type === "tool_search_output");
  }
  const searches = tools.some(({ declared }) => declared.type === "tool_search" && isOffered(declared));
  return { tools, found, searches, wanted: wantedAtOnce(request.tool_choice) };
}

/** What a choice names; of tools that are allowed beside the search, the model may look for those it needs. */
function wantedAtOnce(choice: CreateRequest["tool_choice"] = "auto"): WantedTool[] {
  const wanted = wantedIn(choice).map((one) => one.wanted);
  return wanted.some(({ type }) => type === "tool_search") ? [] : wanted;
}
