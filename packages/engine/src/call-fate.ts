import type { ModelDelta } from "./model-delta.ts";
import type { ToolPolicy } from "./tool-policy.ts";

/**
 * What becomes of a call:
 * - `passed`: it is for the caller, and goes on while it is written;
 * - `trusted`: so does it, because its server holds it to its grammar; it is checked afterwards all the same;
 * - `checked`: it is held back until it has been checked, with all that follows it;
 * - `behind`: it is held back behind one of those;
 * - `diverted`: it is for a tool that runs here, and the caller sees nothing of it as yet;
 * - `told`: so is it, but the caller is told of it while it is written;
 * - `kept`: so is it, but the caller is told of it once the turn is known to be good;
 * - `refused`: it is of a tool that is not on offer; the caller sees nothing of it, and the model may be told why.
 */
export type CallFate = "passed" | "trusted" | "checked" | "behind" | "diverted" | "told" | "kept" | "refused";

/** How far a turn has come when a call begins. */
export interface TurnSoFar {
  /** True where it has brought a call that may be made. */
  hasCalls: boolean;
  /** True where one of them is held back until it has been checked. */
  holdsCall: boolean;
  /** How many more calls of tools that run here are sure to be carried out. */
  room: number;
}

/** Decides what becomes of a call that has just begun. Undefined where it is one too many: it is dropped. */
export function toCallFate(
  { name, constrained }: Pick<Extract<ModelDelta, { kind: "call" }>, "name" | "constrained">,
  policy: ToolPolicy,
  { hasCalls, holdsCall, room }: TurnSoFar,
): CallFate | undefined {
  const { clients, servers } = policy.offer;
  if (hasCalls && !policy.parallel) return undefined;
  if (!policy.tools.some((tool) => tool.name === name)) return "refused";
  if (clients.get(name)?.check !== undefined && constrained?.exact !== true) return "checked";
  const server = servers.get(name);
  if (server !== undefined) {
    if (room <= 0 || server.begin === undefined) return "diverted";
    return mayBeAskedAgain(policy) ? "kept" : "told";
  }
  if (holdsCall) return "behind";
  return constrained === undefined ? "passed" : "trusted";
}

/**
 * Whether a turn may be asked for once more, since a call of it cannot be used: what was told of its other calls could then
 * not be taken back.
 */
function mayBeAskedAgain({ offer: { clients } }: ToolPolicy): boolean {
  return [...clients.values()].some(({ check }) => check !== undefined);
}
