import { type ApiError, type Item, internal } from "@gateway/protocol";
import type { GatedCall } from "../../gated-call.ts";
import { toFunctionName } from "../../mcp/offered-names.ts";
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
  /**
   * Set where a second try that is no better ends the response with what there is, in place of the error: always, or if
   * the first has brought calls for the caller.
   */
  bearable?: "always" | "with calls";
}

/**
 * Checks a turn that has ended: whether it has the call that was compulsory, whether its calls can be passed on, and whether
 * it has called anything but what is not on offer. Undefined where all is well. Of a turn that a limit has cut, calls that
 * cannot be read are left out. All calls are checked with one effort, whose limits are given; throws the reason of its signal once that is aborted.
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
      error: toError(message, "tool_choice_not_honored"),
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
  return toComplaint(faults, gate, policy) ?? complainOfRefused(gate, policy);
}

/** The turn has been asked for twice: a client that sends the request again would fail as well, at the same cost. */
function toError(message: string, code: string): ApiError {
  return internal(message, { code, isFinal: true });
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
  return { items: [], error: toError(message, code), final: true };
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
  const { unseen } = gate;
  const items = unseen.flatMap((one) => {
    const fault = faults.get(one);
    return toAnswered(one, fault && `Not carried out: ${fault.message} Call the tool again.`);
  });
  // A server that was told to hold to the grammar and did not is better asked in another way.
  const alone = unseen.length === 1 && call.constrained === undefined;
  return {
    items,
    input: alone ? offer.clients.get(call.name)?.input : undefined,
    error: toError(
      `The model called '${call.name}' twice with an input that cannot be used. ${message}`,
      code,
    ),
  };
}

/**
 * A turn that has called nothing but tools which are not on offer would end the response as if the model were done. Where
 * it has other calls, the response goes on with these: those for the caller must not wait, and after those that run here the
 * model is told of all. Words are an answer to a call that is ruled out, which the model need not have made.
 */
function complainOfRefused(gate: ToolGate, { tools }: ToolPolicy): Complaint | undefined {
  const [first] = gate.refused;
  if (gate.hasCalls || first === undefined) return undefined;
  const ruledOut = gate.refused.every(({ refusal }) => refusal?.ruledOut);
  if (ruledOut && gate.said) return undefined;
  const name = toFunctionName(first.name);
  const error = toError(
    `The model called '${name}', which is not on offer, and nothing else, also when it was asked again.`,
    "unknown_tool_called",
  );
  const bearable = ruledOut || gate.said ? ("always" as const) : ("with calls" as const);
  const complaint = { error, bearable };
  if (tools.length > 0) return { ...complaint, items: gate.refused.flatMap((one) => toAnswered(one)) };
  // Some servers take no calls where they are shown no tools.
  const reminder = `You called the tool "${name}", but no tool can be called now. Answer without tools.`;
  return { ...complaint, items: [], reminder };
}

/** A call as the model is shown it again, with why it was not carried out. */
function toAnswered({ callId, name, args, refusal }: GatedCall, reason = refusal?.reason ?? notYet): Item[] {
  return toExchange(callId, toFunctionName(name), args, reason);
}

const notYet = "Not carried out, because another call could not be read. Call the tool again.";
