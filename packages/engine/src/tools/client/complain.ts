import { type ApiError, type Item, internal } from "@gateway/protocol";
import type { ConstrainedInput } from "../../model-backend.ts";
import type { ToolGate } from "../../tool-gate.ts";
import { renderReminder, type ToolPolicy } from "../../tool-policy.ts";
import { toExchange } from "../sources.ts";
import type { CallFault } from "./client-tool.ts";
import { Effort, type EffortLimits } from "./grammar/effort.ts";

/** Why a turn has to be asked for once more. */
export interface Complaint {
  /** To be added to the instructions. */
  reminder?: string;
  /** What the model is shown of the turn that was no good: its calls, each with what is wrong. */
  items: Item[];
  /** How the response ends when the second try is no better. */
  error: ApiError;
  /** The one input that was no good, where a server that can may be asked for nothing else. */
  input?: ConstrainedInput | undefined;
  /** True where the caller has seen what was no good: it cannot be asked for again. */
  final?: boolean;
}

/**
 * Checks a turn that has ended: whether it has the call that was compulsory, and whether its calls can be passed on.
 * Undefined where all is well. Of a turn that a limit has cut, calls that cannot be read are left out. All calls are checked
 * with one effort, whose limits are given; throws the reason of its signal once that is aborted.
 */
export async function findComplaint(
  gate: ToolGate,
  policy: ToolPolicy,
  limits?: EffortLimits,
): Promise<Complaint | undefined> {
  if (gate.unsatisfied) {
    const message = "The model did not call a tool although 'tool_choice' requires it.";
    return {
      reminder: renderReminder(policy),
      items: [],
      input: typeof policy.choice === "object" ? policy.choice.input : undefined,
      error: internal(message, { code: "tool_choice_not_honored" }),
    };
  }
  const cut = gate.finish !== "stop" && gate.finish !== "tool_calls";
  const effort = new Effort(limits);
  const broken = cut ? undefined : await findBroken(gate, policy, effort);
  if (broken !== undefined) return broken;
  const faults = new Map<number, CallFault>();
  for (const call of gate.checked) {
    const fault = await policy.offer.clients.get(call.name)?.check?.(call.args, effort);
    if (fault !== undefined) faults.set(call.key, fault);
  }
  if (cut) for (const call of gate.checked) if (faults.has(call.key)) gate.drop(call);
  const [first] = faults.values();
  if (cut || first === undefined) return undefined;
  const items = gate.checked.flatMap(({ key, callId, name, args }) => {
    const fault = faults.get(key);
    const reason = fault === undefined ? notYet : `Not carried out: ${fault.message} Call the tool again.`;
    return toExchange(callId, name, readable(args), reason);
  });
  for (const { callId, name, args } of gate.behind)
    items.push(...toExchange(callId, name, readable(args), notYet));
  for (const [index, { name, args }] of gate.diverted.entries())
    items.push(...toExchange(`call_again_${index}`, name, readable(args), notYet));
  const call = gate.checked.find(({ key }) => faults.has(key));
  const calls = gate.checked.length + gate.behind.length + gate.diverted.length;
  // A server that was told to hold to the grammar and did not is better asked in another way.
  const alone = calls === 1 && call?.constrained === undefined;
  return {
    items,
    input: alone ? policy.offer.clients.get(call?.name ?? "")?.input : undefined,
    error: internal(
      `The model called '${call?.name}' twice with an input that cannot be used. ${first.message}`,
      {
        code: first.code,
      },
    ),
  };
}

/** A call that was passed on because its server holds it to its grammar, and is wrong all the same. */
async function findBroken(
  gate: ToolGate,
  { offer }: ToolPolicy,
  effort: Effort,
): Promise<Complaint | undefined> {
  for (const { name, args } of gate.trusted) {
    const fault = await offer.clients.get(name)?.check?.(args, effort);
    // Where it cannot be found out, the server's word is taken.
    if (fault === undefined || fault.undecided === true) continue;
    const message = `The model's server was told to hold the input of '${name}' to its grammar and did not. ${fault.message}`;
    return { items: [], error: internal(message, { code: fault.code }), final: true };
  }
  return undefined;
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
