import type { FunctionTool, ToolChoice } from "@gateway/protocol";
import type { TurnToolChoice } from "./model-backend.ts";
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
  const tools = [...offer.functions, ...[...offer.servers.values()].map(({ definition }) => definition)];
  if (choice === "none" || tools.length === 0) return { ...nothing, parallel, offer };
  if (choice === "auto" || choice === "required")
    return { tools, choice, parallel, exclusive: choice === "required", offer };
  const allows = (wanted: { type: string; name?: unknown }, name: string) =>
    wanted.type === (offer.servers.get(name)?.type ?? "function") &&
    (wanted.type !== "function" || wanted.name === name);
  if (choice.type === "allowed_tools") {
    const subset = tools.filter(({ name }) => choice.tools.some((wanted) => allows(wanted, name)));
    return {
      tools: subset,
      choice: subset.length === 0 ? "none" : choice.mode,
      parallel,
      exclusive: true,
      offer,
    };
  }
  const subset = tools.filter(({ name }) => allows(choice, name));
  const [only, ...others] = subset;
  // Two tools of one type: the choice names them both.
  const named = only !== undefined && others.length === 0 ? { name: only.name } : ("required" as const);
  return { tools: subset, choice: named, parallel, exclusive: true, offer };
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
