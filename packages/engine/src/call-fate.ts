import type { ModelDelta } from "./model-delta.ts";
import type { ToolPolicy } from "./tool-policy.ts";

/**
 * What becomes of a call:
 * - `passed`: it is for the caller, and goes on while it is written;
 * - `trusted`: so does it, because its server holds it to its grammar; it is checked afterwards all the same;
 * - `checked`: it is held back until it has been checked, with all that follows it;
 * - `behind`: it is held back behind one of those;
 * - `diverted`: it is for a tool that runs here, and the caller sees nothing of it as yet;
 * - `told`: so is it, but the caller is told of it while it is written.
 */
export type CallFate = "passed" | "trusted" | "checked" | "behind" | "diverted" | "told";

/** How far a turn has come when a call begins. */
export interface TurnSoFar {
  /** True where it has brought a call that was not dropped. */
  hasCalls: boolean;
  /** True where one of them is held back until it has been checked. */
  holdsCall: boolean;
  /** How many more calls of tools that run here are sure to be carried out. */
  room: number;
}

/** Decides what becomes of a call that has just begun. Undefined where it may not be made: it is dropped. */
export function toCallFate(
  { name, constrained }: Extract<ModelDelta, { kind: "call" }>,
  policy: ToolPolicy,
  { hasCalls, holdsCall, room }: TurnSoFar,
): CallFate | undefined {
  const { clients, servers } = policy.offer;
  if (hasCalls && !policy.parallel) return undefined;
  if (!isAdmitted(name, policy)) return undefined;
  if (clients.get(name)?.check !== undefined && constrained?.exact !== true) return "checked";
  if (servers.has(name)) return room > 0 && isTellable(name, policy) ? "told" : "diverted";
  if (holdsCall) return "behind";
  return constrained === undefined ? "passed" : "trusted";
}

/** A tool that was not offered may be called only where nothing says which; if nobody declared it, the caller judges. */
function isAdmitted(name: string, { tools, exclusive, offer }: ToolPolicy): boolean {
  if (tools.some((tool) => tool.name === name)) return true;
  return !exclusive && !offer.servers.has(name) && offer.hidden?.has(name) !== true;
}

/**
 * Whether a call of a tool that runs here can be told of while it is written. Not where the turn may be asked for once
 * more, since another call of it could not be read: what was told could then not be taken back.
 */
function isTellable(name: string, { offer: { clients, servers } }: ToolPolicy): boolean {
  if (servers.get(name)?.begin === undefined) return false;
  return ![...clients.values()].some(({ check }) => check !== undefined);
}
