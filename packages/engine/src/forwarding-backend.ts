import type { ModelBackend, ModelInfo, ModelTurn, TokenCount } from "./model-backend.ts";
import type { ModelDelta } from "./model-delta.ts";

/** A backend that hands everything on to another one. A subclass states what it does otherwise, and nothing else. */
export class ForwardingBackend implements ModelBackend {
  readonly name: string;
  readonly images: ModelBackend["images"];
  readonly fetchesImages: ModelBackend["fetchesImages"];
  /** The one that everything is handed on to. */
  protected readonly backend: ModelBackend;

  constructor(backend: ModelBackend) {
    this.name = backend.name;
    this.images = backend.images;
    this.fetchesImages = backend.fetchesImages;
    this.backend = backend;
  }

  open(turn: ModelTurn, signal: AbortSignal): Promise<AsyncIterable<ModelDelta[]>> {
    return this.backend.open(turn, signal);
  }

  countTokens(turn: ModelTurn, signal: AbortSignal): Promise<TokenCount> {
    return this.backend.countTokens(turn, signal);
  }

  contextWindow(model: string, signal: AbortSignal): Promise<number | undefined> {
    return this.backend.contextWindow(model, signal);
  }

  listModels(signal: AbortSignal): Promise<ModelInfo[]> {
    return this.backend.listModels(signal);
  }
}
