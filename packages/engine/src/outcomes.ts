import type { FinishReason } from "./model-delta.ts";
import type { Outcome } from "./response-builder.ts";

/** The caller wants to say something else. */
export const steered: Outcome = { status: "incomplete", reason: "steered" };

/** `max_output_tokens` are used up. */
export const outOfTokens: Outcome = { status: "incomplete", reason: "max_output_tokens" };

/** How a response has ended whose model has stopped for this reason. */
export function toOutcome(finish: FinishReason | undefined): Outcome {
  if (finish === "length") return outOfTokens;
  if (finish === "content_filter") return { status: "incomplete", reason: "content_filter" };
  return { status: "completed" };
}
