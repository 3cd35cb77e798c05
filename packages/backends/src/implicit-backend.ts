import { ForwardingBackend, type ModelBackend, type ModelDelta, type ModelTurn } from "@gateway/engine";
import { ApiError, notFound } from "@gateway/protocol";

/**
 * A backend that nobody configured but that is looked for where it would be. When it is not there, the model
 * that was asked for does not exist, and the error says what to do.
 */
export class ImplicitBackend extends ForwardingBackend {
  readonly #url: string;
  readonly #hint: string;

  /** `url` is where it is looked for; `hint` what can be done when it is not there. */
  constructor(backend: ModelBackend, url: string, hint: string) {
    super(backend);
    this.#url = url;
    this.#hint = hint;
  }

  override async open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    try {
      return await super.open(turn, signal);
    } catch (thrown) {
      if (!(thrown instanceof ApiError) || thrown.code !== "upstream_unreachable") throw thrown;
      throw notFound(
        `The model '${turn.model}' does not exist: no backend is configured and no Ollama answered at ${this.#url}. ${this.#hint}`,
        { param: "model", code: "model_not_found", cause: thrown },
      );
    }
  }
}
