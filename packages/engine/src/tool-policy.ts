import {
  type FunctionTool,
  isClientTool,
  isOffered,
  noServices,
  type PlacedTool,
  requiredOfNothing,
  type Services,
  type ToolChoice,
  toolKind,
  unknownChoice,
} from "@gateway/protocol";
import type { ConstrainedInput, TurnToolChoice } from "./model-backend.ts";
import type { ClientTool, WantedTool } from "./tools/client/client-tool.ts";
import type { Offer } from "./tools/offer-tools.ts";

/** What a turn offers the model, and what it may do with it. */
export interface ToolPolicy {
  /** The functions to offer: all, or the subset that `tool_choice` allows; those that run here among them. */
  tools: readonly FunctionTool[];
  choice: TurnToolChoice;
  parallel: boolean;
  /** False for plain `auto`: a call of a tool that nobody declared is then the client's to judge. */
  exclusive: boolean;
  /** The request's tools, offered or not: a call of one that runs here is never the client's to judge. */
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
  if (choice === "auto") return { tools, choice, parallel, exclusive: false, offer };
  if (choice === "required")
    return { tools, choice: toCompulsory(offer, tools), parallel, exclusive: true, offer };
  if (choice.type === "allowed_tools") {
    const subset = tools.filter(({ name }) => choice.tools.some((wanted) => isWanted(offer, name, wanted)));
    const mode = choice.mode === "required" ? toCompulsory(offer, subset) : choice.mode;
    return {
      tools: subset,
      choice: subset.length === 0 ? "none" : mode,
      parallel,
      exclusive: true,
      offer,
    };
  }
  const subset = tools.filter(({ name }) => isWanted(offer, name, choice));
  const [only, ...others] = subset;
  // Two tools of one type, or those of a namespace: the choice names them all.
  const named =
    only !== undefined && others.length === 0
      ? { name: only.name, ...inputOf(offer, only.name) }
      : ("required" as const);
  return { tools: subset, choice: named, parallel, exclusive: true, offer };
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
  if (server !== undefined)
    return toolKind(wanted.type) === toolKind(server.type) && (server.isChosenBy?.(wanted) ?? true);
  const client = clients.get(name);
  return client !== undefined && isWantedClient(client, wanted);
}

function isWantedClient(tool: ClientTool, { type, name, namespace }: WantedTool): boolean {
  if (type === "namespace") return tool.namespace !== undefined && tool.namespace === name;
  if (type === "computer_use") return tool.itemType === "computer_call";
  if (tool.type !== type) return false;
  return (
    tool.name === undefined || (tool.name === name && (namespace == null || namespace === tool.namespace))
  );
}

/**
 * Throws a 422 where a choice names a tool of the caller's that is not there, or wants a call where there is nothing to
 * call. What the request alone shows has been found before; this is for tools that the history may have had.
 */
export function checkChoice(
  choice: ToolChoice,
  { clients, servers }: Offer,
  tools: readonly PlacedTool[],
  services: Services = noServices,
): void {
  if (choice === "required" && !tools.some(({ declared }) => isOffered(declared, services)))
    throw requiredOfNothing();
  if (typeof choice === "string") return;
  const all = [...clients.values()];
  const check = (wanted: WantedTool, param: string) => {
    const { type, name } = wanted;
    if (type !== "computer_use" && !isClientTool({ type, execution: "client" } as { type: string })) return;
    if (all.some((tool) => isWantedClient(tool, wanted))) return;
    if ([...servers.values()].some((tool) => tool.type === type)) return;
    throw unknownChoice(typeof name === "string" ? name : type, param);
  };
  if (choice.type !== "allowed_tools") check(choice, "tool_choice");
  else for (const [index, wanted] of choice.tools.entries()) check(wanted, `tool_choice.tools[${index}]`);
}

const nothing = { tools: [], choice: "none" as const, exclusive: true };

/**
 * The policy of the turns after a tool has run here: what was compulsory has been done, so the model may answer.
 * With `serversToo` false the tools that run here are no longer offered.
 */
export function toFollowingPolicy(
  { offer, parallel }: ToolPolicy,
  choice: ToolChoice,
  serversToo: boolean,
): ToolPolicy {
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
