import type { CallFate } from "./call-fate.ts";
import type { Refusal } from "./refusal.ts";

/** A call as the model wrote it. */
export interface GatedCall {
  readonly key: number;
  readonly callId: string;
  /** The name that its tool is known by; where there is no such tool, the one that the model wrote. */
  readonly name: string;
  /** What has come of the arguments. They are not kept where nobody here looks at them: of a `passed` call. */
  args: string;
  /** Set where the server was told to hold the input to its grammar. */
  readonly constrained: { exact: boolean } | undefined;
  /** Why it is refused, where it is. */
  readonly refusal?: Refusal | undefined;
  fate: CallFate;
}

/** A call that is for this server to carry out or to refuse, as the model wrote it. */
export type DivertedCall = Pick<GatedCall, "key" | "name" | "args" | "refusal">;
