import { type ApiError, type Item, internal } from "@gateway/protocol";
import type { ToolGate } from "../../tool-gate.ts";
import { renderReminder, type ToolPolicy } from "../../tool-policy.ts";
import { toExchange } from "../sources.ts";
import type { CallFault } from "./client-tool.ts";

/** Why a turn has to be asked for once more. */
export interface Complaint {
  /** To be added to the instructions. */
  reminder?: string;
  /** What the model is shown of the turn that was no good: its calls, each with what is wrong. */
  items: Item[];
  /** How the response ends when the second try is no better. */
  error: ApiError;
}

/**
 * Checks a turn that has ended: whether it has the call that was compulsory, and whether its calls can be passed on.
 * Undefined where all is well. Of a turn that a limit has cut, calls that cannot be read are left out.
 */
export async function findComplaint(gate: ToolGate, policy: ToolPolicy): Promise<Complaint | undefined> {
  if (gate.unsatisfied) {
    const message = "The model did not call a tool although 'tool_choice' requires it.";
    return {
      reminder: renderReminder(policy),
      items: [],
      error: internal(message, { code: "tool_choice_not_honored" }),
    };
  }
  const faults = new Map<number, CallFault>();
  for (const call of gate.checked) {
    const fault = await policy.offer.clients.get(call.name)?.check?.(call.args);
    if (fault !== undefined) faults.set(call.key, fault);
  }
  const cut = gate.finish !== "stop" && gate.finish !== "tool_calls";
  if (cut) for (const call of gate.checked) if (faults.has(call.key)) gate.drop(call);
  const [first] = faults.values();
  if (cut || first === undefined) return undefined;
  const items = gate.checked.flatMap(({ key, callId, name, args }) => {
    const fault = faults.get(key);
    const reason = fault === undefined ? notYet : `Not carried out: ${fault.message} Call the tool again.`;
    return toExchange(callId, name, readable(args), reason);
  });
  for (const [index, { name, args }] of gate.diverted.entries())
    items.push(...toExchange(`call_again_${index}`, name, readable(args), notYet));
  const call = gate.checked.find(({ key }) => faults.has(key));
  return {
    items,
    error: internal(
      `The model called '${call?.name}' twice with an input that cannot be used. ${first.message}`,
      {
        code: first.code,
      },
    ),
  };
}

const notYet = "Not carried out, because another call could not be read. Call the tool again.";

/** Arguments as servers take them back: many refuse what is not JSON. */
function readable(args: string): string {
  try {
    JSON.parse(args);
    return args;
  } catch {
    return JSON.stringify({ input: args });
  }
}
