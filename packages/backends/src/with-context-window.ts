import type { ModelBackend } from "@gateway/engine";

/** A backend whose models have a context window of `tokens`, whatever it tells itself. */
export function withContextWindow(backend: ModelBackend, tokens: number): ModelBackend {
  return {
    name: backend.name,
    images: backend.images,
    fetchesImages: backend.fetchesImages,
    open: (turn, signal) => backend.open(turn, signal),
    countTokens: (turn, signal) => backend.countTokens(turn, signal),
    contextWindow: async () => tokens,
    listModels: (signal) => backend.listModels(signal),
  };
}
