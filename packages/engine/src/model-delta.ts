import type { Annotation, Logprob, Usage } from "@gateway/protocol";

/** Why the model stopped. `tool_calls` is a stop too: the model waits for the caller. */
export type FinishReason = "stop" | "tool_calls" | "length" | "content_filter";

/**
 * One step of a model's answer, in this project's own words: every backend's chunks are translated into
 * these eight, and the response builder makes wire events of them. A turn is any number of content deltas,
 * then `finish`; `usage` may come before or after it. Calls are told apart by `key`, unique within the turn;
 * `callId` is not empty and belongs to no other call of the context, or clients could not answer it. A call that was
 * held back until it was whole has its arguments with it; of one that is `constrained` the server was told to hold the
 * input to its grammar, and with `exact` nothing that it lets through can fail the check. An annotation covers so many of the characters (code points)
 * before it; none where it is left out.
 */
export type ModelDelta =
  | { kind: "text"; text: string; logprobs?: Logprob[] }
  | { kind: "refusal"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "annotation"; annotation: Annotation; covers?: number }
  | {
      kind: "call";
      key: number;
      callId: string;
      name: string;
      args?: string;
      constrained?: { exact: boolean };
    }
  | { kind: "arguments"; key: number; text: string }
  | { kind: "usage"; usage: Usage; serviceTier?: string }
  | { kind: "finish"; reason: FinishReason };
