import type { FinishReason, ModelDelta } from "@gateway/engine";
import { internal, type Logprob } from "@gateway/protocol";
import { CallTracker } from "./call-tracker.ts";
import type { ChatChunk, ChatDelta, ChatUsage } from "./chat-chunk.ts";
import { fromChatAnnotations } from "./from-chat-annotations.ts";
import { fromChatLogprobs } from "./from-chat-logprobs.ts";
import { fromChatUsage } from "./from-chat-usage.ts";
import { type ThinkPart, ThinkSplitter } from "./split-think.ts";

/** How the chunks of one answer are read. */
export interface ChunkOptions {
  /** True when `<think>` at the start of the answer is split off. */
  thinkTags: boolean;
  /** Ids of the calls in the context; calls of this answer get others. */
  knownCallIds: () => Iterable<string>;
}

/**
 * Translates the chunks of one answer into deltas. `finish` is held back until {@link end}: token counts, and
 * with some servers even text, come after the chunk that has the finish reason.
 */
export class ChunkReader {
  readonly #calls: CallTracker;
  readonly #think: ThinkSplitter | undefined;
  #usage: ChatUsage | undefined;
  #serviceTier: string | undefined;
  #finish: FinishReason | undefined;
  /** Log probabilities of tokens whose text has not come yet: a token may be a part of a character. */
  #logprobs: Logprob[] = [];

  constructor({ thinkTags, knownCallIds }: ChunkOptions) {
    this.#calls = new CallTracker(knownCallIds);
    this.#think = thinkTags ? new ThinkSplitter() : undefined;
  }

  /** True once the model has said why it stopped: from then on the answer is whole. */
  get finished(): boolean {
    return this.#finish !== undefined;
  }

  /** True when text goes straight through: nothing is held back that it would have to be joined with. */
  get plain(): boolean {
    return (
      (this.#think === undefined || this.#think.passed) && this.#logprobs.length === 0 && !this.#calls.any
    );
  }

  /**
   * Translates one chunk. Throws `upstream_error` when the server says that it gave up, and no ApiError at all
   * when the chunk is of a form that was not reckoned with: see {@link fromUnreadable}.
   */
  read(chunk: ChatChunk, out: ModelDelta[]): void {
    if (typeof chunk.usage === "object" && chunk.usage !== null) this.#usage = chunk.usage;
    if (typeof chunk.service_tier === "string") this.#serviceTier = chunk.service_tier;
    const choice = chunk.choices?.[0];
    // One answer is asked for; what belongs to another one is not ours.
    if (choice === undefined || (typeof choice.index === "number" && choice.index !== 0)) return;
    if (choice.logprobs?.content != null) {
      for (const logprob of fromChatLogprobs(choice.logprobs.content)) this.#logprobs.push(logprob);
    }
    const delta = choice.delta ?? choice.message;
    if (delta != null) this.#readDelta(delta, out);
    if (typeof choice.finish_reason === "string" && choice.finish_reason !== "") {
      this.#finish ??= fromFinishReason(choice.finish_reason);
    }
  }

  /** Closes the answer: what was held back, the token counts, and why it ended. */
  end(out: ModelDelta[]): void {
    this.#flush(out);
    if (this.#usage !== undefined) {
      const usage = fromChatUsage(this.#usage);
      out.push(
        this.#serviceTier === undefined
          ? { kind: "usage", usage }
          : { kind: "usage", usage, serviceTier: this.#serviceTier },
      );
    }
    const reason = this.#finish ?? "stop";
    out.push({ kind: "finish", reason: reason === "stop" && this.#calls.any ? "tool_calls" : reason });
  }

  #readDelta(delta: ChatDelta, out: ModelDelta[]): void {
    const reasoning = delta.reasoning_content || delta.reasoning;
    if (typeof reasoning === "string" && reasoning !== "") this.#pushReasoning(reasoning, out);
    if (typeof delta.content === "string") {
      if (delta.content !== "") this.#pushText(delta.content, out);
    } else if (Array.isArray(delta.content)) {
      this.#pushParts(delta.content, out);
    }
    if (typeof delta.refusal === "string" && delta.refusal !== "") {
      this.#flush(out);
      out.push({ kind: "refusal", text: delta.refusal });
    }
    if (delta.annotations != null) {
      for (const annotation of fromChatAnnotations(delta.annotations))
        out.push({ kind: "annotation", annotation });
    }
    if (Array.isArray(delta.tool_calls) && delta.tool_calls.length > 0) {
      this.#flushThink(out);
      for (const fragment of delta.tool_calls) this.#calls.push(fragment, out);
    }
    if (delta.function_call != null) {
      this.#flushThink(out);
      this.#calls.push({ index: 0, function: delta.function_call }, out);
    }
  }

  #pushText(text: string, out: ModelDelta[]): void {
    if (this.#calls.any) this.#calls.flush(out);
    if (this.#think === undefined || this.#think.passed) this.#give("text", text, out);
    else this.#giveParts(this.#think.push(text), out);
  }

  #pushReasoning(text: string, out: ModelDelta[]): void {
    // A server that parses thoughts itself leaves no tags in the text.
    this.#flush(out);
    this.#give("reasoning", text, out);
  }

  /** Content as a list of parts: Mistral's reasoning models send their thoughts so. */
  #pushParts(parts: readonly unknown[], out: ModelDelta[]): void {
    for (const part of parts as { type?: unknown; text?: unknown; thinking?: unknown }[]) {
      if (part?.type === "thinking" && Array.isArray(part.thinking)) {
        for (const { text } of part.thinking) if (text) this.#pushReasoning(String(text), out);
      } else if (typeof part?.text === "string" && part.text !== "") {
        this.#pushText(part.text, out);
      }
    }
  }

  #flush(out: ModelDelta[]): void {
    this.#flushThink(out);
    if (this.#calls.any) this.#calls.flush(out);
  }

  #flushThink(out: ModelDelta[]): void {
    if (this.#think !== undefined && !this.#think.passed) this.#giveParts(this.#think.flush(), out);
  }

  #giveParts(parts: readonly ThinkPart[], out: ModelDelta[]): void {
    for (const { kind, text } of parts) this.#give(kind, text, out);
  }

  #give(kind: "text" | "reasoning", text: string, out: ModelDelta[]): void {
    if (this.#logprobs.length === 0) {
      out.push({ kind, text });
      return;
    }
    // Thoughts carry no log probabilities in a response.
    out.push(kind === "text" ? { kind, text, logprobs: this.#logprobs } : { kind, text });
    this.#logprobs = [];
  }
}

function fromFinishReason(reason: string): FinishReason {
  switch (reason) {
    case "length":
    case "max_tokens":
    case "model_length":
      return "length";
    case "content_filter":
      return "content_filter";
    case "tool_calls":
    case "function_call":
      return "tool_calls";
    case "error":
    case "abort":
    case "insufficient_system_resource":
      throw internal(`The model server gave up on its answer (finish_reason "${reason}").`, {
        code: "upstream_error",
      });
    default:
      // "stop", and the names of its own that a server has for it ("eos", "stop_sequence", "end_turn").
      return "stop";
  }
}
