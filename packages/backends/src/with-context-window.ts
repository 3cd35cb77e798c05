import { ForwardingBackend, type ModelBackend } from "@gateway/engine";

/** A backend whose models have a context window of `tokens`, whatever it tells itself. */
export function withContextWindow(backend: ModelBackend, tokens: number): ModelBackend {
  return Object.assign(new ForwardingBackend(backend), { contextWindow: async () => tokens });
}
