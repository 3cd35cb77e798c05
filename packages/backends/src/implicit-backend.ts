import type { ImageMaker, ModelBackend, ModelDelta, ModelInfo, ModelTurn, TokenCount } from "@gateway/engine";
import { ApiError, notFound } from "@gateway/protocol";

/**
 * A backend that nobody configured but that is looked for where it would be. When it is not there, the model
 * that was asked for does not exist, and the error says what to do.
 */
export class ImplicitBackend implements ModelBackend {
  readonly name: string;
  readonly images: ImageMaker | undefined;
  readonly fetchesImages: boolean | undefined;
  readonly #backend: ModelBackend;
  readonly #url: string;
  readonly #hint: string;

  /** `url` is where it is looked for; `hint` what can be done when it is not there. */
  constructor(backend: ModelBackend, url: string, hint: string) {
    this.name = backend.name;
    this.images = backend.images;
    this.fetchesImages = backend.fetchesImages;
    this.#backend = backend;
    this.#url = url;
    this.#hint = hint;
  }

  async open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    try {
      return await this.#backend.open(turn, signal);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== "upstream_unreachable") throw thrown;
      throw notFound(
        `The model '${turn.model}' does not exist: no backend is configured and no Ollama answered at ${this.#url}. ${this.#hint}`,
        { param: "model", code: "model_not_found", cause: thrown },
      );
    }
  }

  countTokens(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount> {
    return this.#backend.countTokens(turn, signal);
  }

  contextWindow(model: string, signal: AbortSignal): Promise<number | undefined> {
    return this.#backend.contextWindow(model, signal);
  }

  listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    return this.#backend.listModels(signal);
  }
}
