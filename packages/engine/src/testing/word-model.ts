import { badRequest } from "@gateway/protocol";
import type { ModelBackend, ModelInfo, ModelTurn, TokenCount } from "../model-backend.ts";
import type { ModelDelta } from "../model-delta.ts";

/** Settings of {@link WordModel}. */
export interface WordModelOptions {
  /** Tokens that fit, the answer included. */
  window: number;
  /** Whether it tells its window. */
  tellsWindow?: boolean;
  /** What it counts for a real token; a count of 1 is exact. */
  countsAs?: number;
  /** What it says of a context that is too long. */
  refuse?: (tokens: number, window: number) => string;
}

/**
 * A backend with a tokenizer whose tokens are words, and a context window that it keeps to: what is too long is
 * refused as servers do.
 */
export class WordModel implements ModelBackend {
  readonly name = "words";
  /** Every turn that was sent to it, refused ones included. */
  readonly sent: ModelTurn[] = [];
  /** How often it was asked to count. */
  counts = 0;
  readonly #options: Required<WordModelOptions>;

  constructor(options: WordModelOptions) {
    this.#options = {
      tellsWindow: true,
      countsAs: 1,
      refuse: (tokens, window) =>
        `request (${tokens} tokens) exceeds the available context size (${window} tokens)`,
      ...options,
    };
  }

  async open(turn: ModelTurn): Promise<AsyncIterable<ModelDelta[]>> {
    this.sent.push(turn);
    const { window, refuse } = this.#options;
    const tokens = tokensOf(turn);
    if (tokens >= window) {
      throw badRequest(refuse(tokens, window), { code: "context_length_exceeded", param: "input" });
    }
    return (async function* () {
      yield [{ kind: "finish", reason: "stop" } as const];
    })();
  }

  async countTokens(turn: ModelTurn): Promise<TokenCount> {
    this.counts++;
    const { countsAs } = this.#options;
    return { tokens: Math.round(tokensOf(turn) * countsAs), exact: countsAs === 1 };
  }

  async contextWindow(): Promise<number | undefined> {
    return this.#options.tellsWindow ? this.#options.window : undefined;
  }

  async listModels(): Promise<ModelInfo[]> {
    return [];
  }
}

/** The words of a turn, and one token around each item. */
export function tokensOf({ items, instructions }: ModelTurn): number {
  const texts = items.map((item) => {
    if (item.type === "message") return item.content as string;
    if (item.type === "function_call") return item.arguments;
    return item.type === "function_call_output" ? (item.output as string) : "";
  });
  return [instructions ?? "", ...texts].reduce(
    (sum, text) => sum + 1 + (text === "" ? 0 : text.split(" ").length),
    0,
  );
}
