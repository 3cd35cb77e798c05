import { setTimeout as sleep } from "node:timers/promises";
import type { ModelBackend, ModelDelta, ModelInfo, ModelTurn } from "@gateway/engine";
import { newId, notFound } from "@gateway/protocol";
import { countDemoTokens } from "./demo/count-demo-tokens.ts";
import { toDemoAnswer } from "./demo/demo-answer.ts";

/** Name of the built-in model, and of its backend. */
export const demoModel = "demo";

/** Settings of {@link openDemoBackend}. */
export interface DemoOptions {
  /** Milliseconds between two tokens of a stream, so that it can be seen; 15 when left out, 0 for none. */
  paceMs?: number;
}

/**
 * A backend that needs no server: its one model, `demo`, says what it is, repeats what it hears and calls
 * functions when asked to, so that every part of the API can be tried at once. Tokens are words, roughly.
 */
export function openDemoBackend({ paceMs = 15 }: DemoOptions = {}): ModelBackend {
  return {
    name: demoModel,
    // It looks at none, so none has to be fetched for it.
    fetchesImages: true,
    async open(turn, signal) {
      signal.throwIfAborted();
      if (turn.model !== demoModel) {
        throw notFound(`The model '${turn.model}' does not exist at the backend '${demoModel}'.`, {
          param: "model",
          code: "model_not_found",
        });
      }
      // Only a stream is watched as it comes.
      return answer(turn, turn.request.stream === true ? paceMs : 0, signal);
    },
    async countTokens(turn) {
      return { tokens: countDemoTokens(turn), exact: true };
    },
    async contextWindow() {
      return undefined;
    },
    async listModels() {
      return [demoInfo];
    },
  };
}

const demoInfo: ModelInfo = {
  id: demoModel,
  object: "model",
  created: 0,
  owned_by: "demo",
  description:
    "Built-in demo, not a language model: it repeats what it hears. Start Ollama or set OPENAI_BASE_URL.",
};

async function* answer(
  turn: ModelTurn,
  paceMs: number,
  signal: AbortSignal,
): AsyncGenerator<ModelDelta[], void, undefined> {
  const planned = toDemoAnswer(turn);
  const content = planned.kind === "text" ? planned.text : planned.arguments;
  const all = toTokens(content);
  const tokens = all.slice(0, turn.maxOutputTokens ?? all.length);
  if (planned.kind === "call") {
    yield [{ kind: "call", key: 0, callId: newId("call"), name: planned.name }];
  }
  for (const text of tokens) {
    if (paceMs > 0) await pause(paceMs, signal);
    signal.throwIfAborted();
    yield [planned.kind === "call" ? { kind: "arguments", key: 0, text } : { kind: "text", text }];
  }
  const stopped = planned.kind === "call" ? "tool_calls" : "stop";
  yield [
    { kind: "usage", usage: toUsage(countDemoTokens(turn), tokens.length) },
    { kind: "finish", reason: tokens.length < all.length ? "length" : stopped },
  ];
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    signal.throwIfAborted();
  }
}

/** Words with the space before them, long ones in pieces; joined again they are the text. */
function toTokens(text: string): string[] {
  return text.match(/\s*\S{1,12}|\s+$/g) ?? [];
}

function toUsage(input: number, output: number) {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  };
}
