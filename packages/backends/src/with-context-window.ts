import { ForwardingBackend, type ModelBackend } from "@gateway/engine";

/** A backend whose models have a context window of `tokens`, whatever it tells itself. */
export function withContextWindow(backend: ModelBackend, tokens: number): ModelBackend {
  return new WithContextWindow(backend, tokens);
}

class WithContextWindow extends ForwardingBackend {
  readonly #tokens: number;

  constructor(backend: ModelBackend, tokens: number) {
    super(backend);
    this.#tokens = tokens;
  }

  override async contextWindow(): Promise<number> {
    return this.#tokens;
  }
}
