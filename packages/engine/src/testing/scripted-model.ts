import { notFound } from "@gateway/protocol";
import type {
  ModelBackend,
  ModelCatalog,
  ModelInfo,
  ModelRoute,
  ModelTurn,
  TokenCount,
} from "../model-backend.ts";
import type { ModelDelta } from "../model-delta.ts";

/**
 * A step of a turn: a batch of deltas, a fault of the stream, something to wait for, or `hang`, which waits
 * until the turn is aborted and then throws as a broken connection does.
 */
export type Step = ModelDelta[] | Error | Promise<unknown> | "hang";

/** A turn: its steps, or the error that opening it meets. */
export type Script = Step[] | Error;

/** How a turn's stream stands with its reader. */
export type StreamState = "open" | "over" | "failed" | "returned";

/** A call of the model that was made, as the backend saw it. */
export interface SeenTurn {
  turn: ModelTurn;
  signal: AbortSignal;
  state: StreamState;
}

/** A backend and a catalogue of one model, `m`, that plays scripts, one a turn. */
export class ScriptedModel implements ModelBackend, ModelCatalog {
  readonly name = "scripted";
  /** Every turn that was opened. */
  readonly seen: SeenTurn[] = [];
  /** Its context window. */
  window: number | undefined;
  readonly #scripts: Script[];

  constructor(...scripts: Script[]) {
    this.#scripts = scripts;
  }

  async resolve(model: string): Promise<ModelRoute> {
    if (model !== "m")
      throw notFound(`Model '${model}' not found.`, { code: "model_not_found", param: "model" });
    return { backend: this, model: "served-m" };
  }

  async open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    signal.throwIfAborted();
    const script = this.#scripts.shift();
    if (script === undefined) throw new Error("the model was asked more often than the test expects");
    const seen: SeenTurn = { turn, signal, state: "open" };
    this.seen.push(seen);
    if (script instanceof Error) {
      seen.state = "failed";
      throw script;
    }
    return { [Symbol.asyncIterator]: () => play(script, seen) };
  }

  /** A token is a character here. */
  async countTokens(turn: ModelTurn): Promise<TokenCount> {
    return { tokens: JSON.stringify([turn.instructions, turn.items]).length, exact: true };
  }

  async contextWindow(): Promise<number | undefined> {
    return this.window;
  }

  async listModels(): Promise<ModelInfo[]> {
    return [{ id: "m", object: "model", created: 0, owned_by: "tests" }];
  }

  list(): Promise<ModelInfo[]> {
    return this.listModels();
  }
}

function play(script: readonly Step[], seen: SeenTurn): AsyncIterator<ModelDelta[], undefined> {
  const steps = script.values();
  return {
    async next() {
      for (const step of steps) {
        if (Array.isArray(step)) return { done: false, value: step };
        if (step instanceof Promise) await step;
        else {
          seen.state = "failed";
          if (step instanceof Error) throw step;
          await aborted(seen.signal);
          throw new Error("the connection was closed");
        }
      }
      seen.state = "over";
      return { done: true, value: undefined };
    },
    async return() {
      if (seen.state === "open") seen.state = "returned";
      return { done: true, value: undefined };
    },
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
