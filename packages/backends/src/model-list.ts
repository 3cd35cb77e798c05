import type { ModelBackend, ModelInfo } from "@gateway/engine";

/** A backend that does not list its models within this time (milliseconds) is passed over. */
const patience = 2_000;
/** A backend that did not answer is asked again after this time, in milliseconds. */
const failureAge = 1_000;

/** The models of one backend, remembered for a while; look-ups at the same time share one request. */
export class ModelList {
  readonly backend: ModelBackend;
  readonly #now: () => number;
  #models: ModelInfo[] | undefined;
  #at = Number.NEGATIVE_INFINITY;
  #pending: Promise<void> | undefined;

  /** `now` is a clock in milliseconds. */
  constructor(backend: ModelBackend, now: () => number) {
    this.backend = backend;
    this.#now = now;
  }

  /** The models, asked for at most `maxAge` milliseconds ago; undefined when the backend does not answer. */
  async get(maxAge: number): Promise<readonly ModelInfo[] | undefined> {
    const limit = this.#models === undefined ? Math.min(maxAge, failureAge) : maxAge;
    if (this.#now() - this.#at > limit) {
      this.#pending ??= this.#load();
      await this.#pending;
    }
    return this.#models;
  }

  async #load(): Promise<void> {
    try {
      this.#models = await this.backend.listModels(AbortSignal.timeout(patience));
    } catch {
      this.#models = undefined;
    } finally {
      this.#at = this.#now();
      this.#pending = undefined;
    }
  }
}
