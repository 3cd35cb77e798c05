import {
  type FunctionTool,
  requiredOfNothing,
  type ToolChoice,
  toolKind,
  unknownChoice,
  type WantedTool,
  wantedIn,
} from "@gateway/protocol";
import type { ConstrainedInput, TurnToolChoice } from "./model-backend.ts";
import { isWantedClient } from "./tools/client/is-wanted-client.ts";
import type { Offer } from "./tools/offer-tools.ts";
import type { ServerTool } from "./tools/server-tool.ts";

/** What a turn offers the model, and what it may do with it. */
export interface ToolPolicy {
  /** The functions to offer: all, or the subset that `tool_choice` allows; those that run here among them. */
  tools: readonly FunctionTool[];
  choice: TurnToolChoice;
  parallel: boolean;
  /** The request's tools, offered or not. */
  offer: Offer;
}

/**
 * Applies `tool_choice` to the tools. Many backends ignore `tool_choice`; not being shown a tool is the one
 * way in which every model obeys, so `none` offers nothing and a named choice only the one.
 */
export function toToolPolicy(offer: Offer, choice: ToolChoice, parallel: boolean): ToolPolicy {
  const offered = [...offer.clients.values(), ...offer.servers.values()];
  const tools = offered.map(({ definition }) => definition);
  if (choice === "none" || tools.length === 0) return { ...nothing, parallel, offer };
  if (choice === "auto") return { tools, choice, parallel, offer };
  if (choice === "required") return { tools, choice: toCompulsory(offer, tools), parallel, offer };
  if (choice.type === "allowed_tools") {
    const subset = tools.filter(({ name }) => choice.tools.some((wanted) => isWanted(offer, name, wanted)));
    const mode = choice.mode === "required" ? toCompulsory(offer, subset) : choice.mode;
    return {
      tools: subset,
      choice: subset.length === 0 ? "none" : mode,
      parallel,
      offer,
    };
  }
  const wanted = tools.filter(({ name }) => isWanted(offer, name, choice));
  // Of the functions of one hosted tool the first is what the choice is about: a page is opened after a search.
  const actionOf = ({ name }: FunctionTool) => offer.servers.get(name)?.action;
  const subset = wanted.filter((tool, _, [first = tool]) => actionOf(tool) === actionOf(first));
  const [only, ...others] = subset;
  // Two tools of one type, or those of a namespace: the choice names them all.
  const named =
    only !== undefined && others.length === 0
      ? { name: only.name, ...inputOf(offer, only.name) }
      : ("required" as const);
  return { tools: subset, choice: named, parallel, offer };
}

/** The choice that one of the tools has to be called. The only one there is may as well be named, where that helps. */
function toCompulsory(offer: Offer, [only, ...others]: readonly FunctionTool[]): TurnToolChoice {
  const input = only === undefined || others.length > 0 ? undefined : inputOf(offer, only.name);
  return only === undefined || input === undefined ? "required" : { name: only.name, ...input };
}

/** How the input of a tool can be asked for by itself, as a part of a choice. */
function inputOf({ clients }: Offer, name: string): { input: ConstrainedInput } | undefined {
  const input = clients.get(name)?.input;
  return input && { input };
}

/** Whether a choice means the tool that is offered under a name. */
function isWanted({ clients, servers }: Offer, name: string, wanted: WantedTool): boolean {
  const server = servers.get(name);
  if (server !== undefined) return isWantedServer(server, wanted);
  const client = clients.get(name);
  return client !== undefined && isWantedClient(client, wanted);
}

function isWantedServer(server: ServerTool, wanted: WantedTool): boolean {
  return toolKind(wanted.type) === toolKind(server.type) && (server.isChosenBy?.(wanted) ?? true);
}

/**
 * Throws a 422 {@link ApiError} that names the field where a choice names a tool that is neither on offer nor to be found
 * by a search, or wants a call where there is nothing to call. `unasked` are the labels of MCP servers whose tools are not
 * known: anything may be among them.
 */
export function checkChoice(choice: ToolChoice, offer: Offer, unasked: readonly string[] = []): void {
  const { clients, servers, deferred } = offer;
  const hidden = [...(offer.hidden?.values() ?? [])];
  if (choice === "required" && clients.size + servers.size + unasked.length === 0) throw requiredOfNothing();
  const names = [...clients.keys(), ...servers.keys()];
  for (const { wanted, param } of wantedIn(choice)) {
    if (names.some((name) => isWanted(offer, name, wanted))) continue;
    if (deferred.some(({ tool }) => isWantedClient(tool, wanted))) continue;
    if (hidden.some((tool) => isWantedServer(tool, wanted))) continue;
    const { type, server_label: label } = wanted;
    if (type === "mcp" && unasked.some((other) => label == null || label === other)) continue;
    throw unknownChoice(wanted, param);
  }
}

const nothing = { tools: [], choice: "none" as const };

/**
 * The policy of the turns after a tool has run here: what was compulsory has been done, so the model may answer. What
 * was ruled out stays so.
 * With `serversToo` false the tools that run here are no longer offered.
 */
export function toFollowingPolicy(
  { offer, parallel }: ToolPolicy,
  choice: ToolChoice,
  serversToo: boolean,
): ToolPolicy {
  // A call may have been approved of before.
  if (choice === "none") return { ...nothing, parallel, offer };
  const relaxed =
    typeof choice === "object" && choice.type === "allowed_tools"
      ? toToolPolicy(offer, { ...choice, mode: "auto" }, parallel)
      : toToolPolicy(offer, "auto", parallel);
  if (serversToo) return relaxed;
  const tools = relaxed.tools.filter(({ name }) => !offer.servers.has(name));
  return tools.length === 0 ? { ...nothing, parallel, offer } : { ...relaxed, tools };
}

/** True where the turn must bring a call. */
export function mustCall(policy: ToolPolicy): boolean {
  return policy.choice === "required" || typeof policy.choice === "object";
}

/** One sentence for a model that was to call a tool and did not. */
export function renderReminder({ choice, tools }: ToolPolicy): string {
  if (typeof choice === "object")
    return `You must answer by calling the tool "${choice.name}", and nothing else.`;
  const names = tools.map(({ name }) => `"${name}"`).join(", ");
  return `You must answer by calling one of these tools, and nothing else: ${names}.`;
}
