import { type ApiError, internal } from "@gateway/protocol";
import type { ModelDelta } from "./model-delta.ts";

/**
 * Most characters that the model may write for one response, thoughts and arguments included: four million tokens or so,
 * many times what any model writes. A model that never stops would else fill the memory, for the answer is held until it
 * has ended, and told several times over by the events that end it.
 */
const mostChars = 16 * 1024 * 1024;
/** A shorter piece counts as so many: it is an event of its own, kept and sent as others are. */
const pieceChars = 4;
/** What a call or an annotation takes beside its texts, in characters: an item of its own, with its events. */
const itemChars = 256;
/** The same for a log probability. */
const logprobChars = 4;

/** Sees to it that what the model writes for one response has an end. */
export class AnswerLength {
  #left = mostChars;

  /** Counts what came. Throws a 500 `upstream_too_long` {@link ApiError} once it is too much. */
  add(deltas: readonly ModelDelta[]): void {
    for (const delta of deltas) this.#left -= charsOf(delta);
    if (this.#left < 0) throw tooLong();
  }
}

function charsOf(delta: ModelDelta): number {
  switch (delta.kind) {
    case "text":
      return sizeOf(delta.text) + (delta.logprobs === undefined ? 0 : logprobsOf(delta.logprobs));
    case "refusal":
    case "reasoning":
    case "arguments":
      return sizeOf(delta.text);
    case "call":
      return itemChars + delta.name.length + delta.callId.length;
    case "annotation":
      return itemChars + JSON.stringify(delta.annotation).length;
    default:
      return pieceChars;
  }
}

function sizeOf(text: string): number {
  return Math.max(pieceChars, text.length);
}

function logprobsOf(logprobs: NonNullable<Extract<ModelDelta, { kind: "text" }>["logprobs"]>): number {
  let chars = 0;
  for (const { token, top_logprobs: others } of logprobs) {
    chars += logprobChars + token.length;
    for (const other of others) chars += logprobChars + other.token.length;
  }
  return chars;
}

function tooLong(): ApiError {
  return internal(
    "The model did not stop writing: its answer has more than 16 million characters. Set 'max_output_tokens' to end such answers sooner.",
    { code: "upstream_too_long", isFinal: true },
  );
}
