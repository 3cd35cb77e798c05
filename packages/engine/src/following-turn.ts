import type { Item } from "@gateway/protocol";
import { toTurnContext } from "./context-entry.ts";
import type { Next, Run } from "./run.ts";
import { showItems } from "./show-items.ts";
import { type ToolPolicy, toFollowingPolicy } from "./tool-policy.ts";

/** What tools have made since the model was last asked. */
export interface Made {
  /** The place in the output from which on it is new. */
  before: number;
  /** What the model is told of calls that were not carried out. */
  refused: readonly Item[];
}

/** A turn that is to come, and what may be called in it. */
export interface Following {
  policy: ToolPolicy;
  next: Next;
}

/** The turn after `last`, once tools have run here: the model is shown what they gave, and may answer. */
export async function toFollowingTurn(run: Run, last: Next, { before, refused }: Made): Promise<Following> {
  const { builder, budget, calls, prompt, sources } = run;
  const { output, tool_choice: choice } = builder.response;
  const items = [...(output.slice(before) as Item[]), ...refused];
  const shown = await showItems(items, { offer: run.policy.offer, sources });
  const added = items.map((item, index) => ({ item, shown: shown[index] ?? [] }));
  const entries = [...last.entries, ...added];
  const policy = toFollowingPolicy(run.policy, choice, !calls.spent);
  const turn = {
    ...last.turn,
    ...toTurnContext(prompt, entries),
    tools: policy.tools,
    toolChoice: policy.choice,
    maxOutputTokens: budget.left(),
  };
  return { policy, next: { turn, entries } };
}
