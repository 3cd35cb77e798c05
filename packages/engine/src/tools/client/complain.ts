import { type ApiError, type Item, internal } from "@gateway/protocol";
import type { ConstrainedInput } from "../../model-backend.ts";
import type { GatedCall, ToolGate } from "../../tool-gate.ts";
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
  const effort = new Effort(limits);
  if (gate.finish !== "stop" && gate.finish !== "tool_calls") {
    for (const call of gate.checked) if (await findFault(call, policy, effort)) gate.drop(call);
    return undefined;
  }
  for (const call of gate.trusted) {
    const fault = await findFault(call, policy, effort);
    if (fault !== undefined) return toFinal(call, fault);
  }
  const faults = new Map<GatedCall, CallFault>();
  for (const call of unseenIn(gate)) {
    const fault = await findFault(call, policy, effort);
    if (fault !== undefined) faults.set(call, fault);
  }
  return toComplaint(faults, gate, policy);
}

/** The caller's calls that it has not been shown: only these can be asked for again. */
function unseenIn({ checked, behind }: ToolGate): GatedCall[] {
  return [...checked, ...behind];
}

/**
 * What is wrong with a call; undefined where nothing is. Where that takes too long to find out, the word of a server is
 * taken that was told to let nothing wrong through.
 */
async function findFault(
  { name, args, constrained }: GatedCall,
  { offer }: ToolPolicy,
  effort: Effort,
): Promise<CallFault | undefined> {
  const fault = await offer.clients.get(name)?.check?.(args, effort);
  return fault?.undecided === true && constrained?.exact === true ? undefined : fault;
}

/** A call was passed on because its server holds it to its grammar, and is wrong all the same. */
function toFinal({ name }: GatedCall, { message: reason, code }: CallFault): Complaint {
  const message = `The model's server was told to hold the input of '${name}' to its grammar and did not. ${reason}`;
  return { items: [], error: internal(message, { code }), final: true };
}

/** All calls that the caller has not seen have to be made again, where anything is wrong with one. */
function toComplaint(
  faults: ReadonlyMap<GatedCall, CallFault>,
  gate: ToolGate,
  { offer }: ToolPolicy,
): Complaint | undefined {
  const [first] = faults;
  if (first === undefined) return undefined;
  const [call, { message, code }] = first;
  const unseen = unseenIn(gate);
  const items = unseen.flatMap((one) => {
    const fault = faults.get(one);
    const reason = fault === undefined ? notYet : `Not carried out: ${fault.message} Call the tool again.`;
    return toExchange(one.callId, one.name, readable(one.args), reason);
  });
  for (const [index, { name, args }] of gate.diverted.entries())
    items.push(...toExchange(`call_again_${index}`, name, readable(args), notYet));
  // A server that was told to hold to the grammar and did not is better asked in another way.
  const alone = unseen.length + gate.diverted.length === 1 && call.constrained === undefined;
  return {
    items,
    input: alone ? offer.clients.get(call.name)?.input : undefined,
    error: internal(`The model called '${call.name}' twice with an input that cannot be used. ${message}`, {
      code,
    }),
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
