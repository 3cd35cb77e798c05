import { type FunctionTool, isFunctionTool, type Tool, type ToolChoice } from "@gateway/protocol";
import type { TurnToolChoice } from "./model-backend.ts";

/** What a turn offers the model, and what it may do with it. */
export interface ToolPolicy {
  /** The functions to offer: all, or the subset that `tool_choice` allows. */
  tools: readonly FunctionTool[];
  choice: TurnToolChoice;
  parallel: boolean;
  /** False for plain `auto`: a call of a tool that nobody declared is then the client's to judge. */
  exclusive: boolean;
}

/**
 * Applies `tool_choice` to the tools. Many backends ignore `tool_choice`; not being shown a tool is the one
 * way in which every model obeys, so `none` offers nothing and a named choice only the one.
 */
export function toToolPolicy(tools: readonly Tool[], choice: ToolChoice, parallel: boolean): ToolPolicy {
  const functions = tools.filter(isFunctionTool);
  if (choice === "none" || functions.length === 0)
    return { tools: [], choice: "none", parallel, exclusive: true };
  if (choice === "auto" || choice === "required")
    return { tools: functions, choice, parallel, exclusive: choice === "required" };
  if (choice.type === "allowed_tools") {
    const allowed = new Set(choice.tools.filter(({ type }) => type === "function").map(({ name }) => name));
    const subset = functions.filter(({ name }) => allowed.has(name));
    return { tools: subset, choice: subset.length === 0 ? "none" : choice.mode, parallel, exclusive: true };
  }
  const name = String(choice.name);
  return {
    tools: functions.filter((declared) => declared.name === name),
    choice: { name },
    parallel,
    exclusive: true,
  };
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
